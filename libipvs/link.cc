// SPDX-License-Identifier: LGPL-2.1-or-later
// The kernel's netlink socket: system calls, and nothing that is known of IPVS.
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <vector>

#include "fd.hh"
#include "socket.hh"

namespace ipvs::inline v1 {
namespace {

/// A dump's parts never exceed 32 KiB in the kernel; with room to spare.
constexpr std::size_t kBufferSize = 64 * 1024;

/// Room for the answers to one batch. The limit set by the administrator applies without CAP_NET_ADMIN.
constexpr int kReceiveQueue = 1024 * 1024;

std::expected<Fd, int> new_socket() {
  Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC));
  if (!fd) return std::unexpected(errno);
  const int on = 1;
  // Kernels without these answer without texts, or repeat the request; both are understood.
  setsockopt(fd.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
  setsockopt(fd.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
  if (setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveQueue, sizeof(kReceiveQueue)) != 0)
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveQueue, sizeof(kReceiveQueue));
  return fd;
}

/// The network namespace of a socket. Needs CAP_NET_ADMIN there, as do all requests.
std::expected<Fd, int> namespace_of(const Fd& socket) {
  Fd fd(ioctl(socket.get(), SIOCGSKNS));
  if (!fd) return std::unexpected(errno);
  return fd;
}

/// A socket in the namespace of another one, wherever the thread has gone meanwhile.
std::expected<Fd, int> new_socket_beside(const Fd& old) {
  auto fresh = new_socket();
  if (!fresh) return fresh;
  const auto wanted = namespace_of(old);
  if (!wanted) return std::unexpected(wanted.error());
  const auto present = namespace_of(*fresh);
  if (!present) return std::unexpected(present.error());
  const auto same = is_same(*wanted, *present);
  if (!same) return std::unexpected(same.error());
  if (*same) return fresh;
  return opened_in(*wanted, *present, new_socket);
}

class KernelLink : public Link {
 public:
  KernelLink() : buffer_(kBufferSize) {}

  std::expected<void, int> open() override {
    auto fresh = fd_ ? new_socket_beside(fd_) : new_socket();
    if (!fresh) return std::unexpected(fresh.error());
    fd_ = std::move(*fresh);
    return {};
  }

  void make_room(std::size_t size) override {
    // The kernel doubles what is asked for, and some of it goes into its own bookkeeping.
    const int room = static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max() / 2));
    int present = 0;
    socklen_t length = sizeof(present);
    if (getsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUF, &present, &length) == 0 && present / 2 >= room) return;
    if (setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) != 0)
      setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
  }

  std::expected<void, int> send(codec::View bytes) override {
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    ssize_t sent;
    do {
      sent = sendto(fd_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&kernel),
                    sizeof(kernel));
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return std::unexpected(errno);
    if (static_cast<std::size_t>(sent) != bytes.size()) return std::unexpected(EPROTO);
    return {};
  }

  std::expected<codec::View, int> receive() override { return read(0); }
  std::expected<codec::View, int> receive_now() override { return read(MSG_DONTWAIT); }
  int fd() const override { return fd_.get(); }

  std::expected<std::unique_ptr<Link>, int> beside() const override {
    auto link = std::make_unique<KernelLink>();
    // Opening makes a new socket where the old one is: this one has to be there already.
    auto fresh = new_socket_beside(fd_);
    if (!fresh) return std::unexpected(fresh.error());
    link->fd_ = std::move(*fresh);
    return link;
  }

 private:
  std::expected<codec::View, int> read(int flags) {
    for (;;) {
      sockaddr_nl sender{};
      iovec part{buffer_.data(), buffer_.size()};
      msghdr header{};
      header.msg_name = &sender;
      header.msg_namelen = sizeof(sender);
      header.msg_iov = &part;
      header.msg_iovlen = 1;
      const ssize_t size = recvmsg(fd_.get(), &header, flags);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return std::unexpected(errno);
      if (sender.nl_pid != 0) continue;  // another process; only the kernel is of interest
      if (header.msg_flags & MSG_TRUNC) return std::unexpected(EPROTO);
      return codec::View(buffer_.data(), static_cast<std::size_t>(size));
    }
  }

  Fd fd_;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace

std::unique_ptr<Link> kernel_link() { return std::make_unique<KernelLink>(); }

}  // namespace ipvs::inline v1
