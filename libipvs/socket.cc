// SPDX-License-Identifier: LGPL-2.1-or-later
#include "socket.hh"

#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace ipvs {
namespace {

/// A dump's parts never exceed 32 KiB in the kernel; with room to spare.
constexpr std::size_t kBufferSize = 64 * 1024;

/// Room for the answers to one batch. The limit set by the administrator applies without CAP_NET_ADMIN.
constexpr int kReceiveQueue = 1024 * 1024;

int errno_of(int nl_error) {
  switch (-nl_error) {
    case NLE_OBJ_NOTFOUND:
      return ENOENT;
    case NLE_NOMEM:
      return ENOMEM;
    case NLE_PERM:
    case NLE_NOACCESS:
      return EPERM;
    case NLE_AF_NOSUPPORT:
      return EAFNOSUPPORT;
    case NLE_PROTO_MISMATCH:
      return EPROTONOSUPPORT;
    default:
      return EPROTO;
  }
}

}  // namespace

void NetlinkSocket::Free::operator()(nl_sock* socket) const { nl_socket_free(socket); }

NetlinkSocket::NetlinkSocket() : buffer_(kBufferSize) {}
NetlinkSocket::~NetlinkSocket() = default;

int NetlinkSocket::open() {
  socket_.reset(nl_socket_alloc());
  if (!socket_) return ENOMEM;
  // libnl is used for the family lookup only; it would stumble over the numbers of our own requests.
  nl_socket_disable_seq_check(socket_.get());
  if (int error = genl_connect(socket_.get())) return errno_of(error);

  const int fd = nl_socket_get_fd(socket_.get());
  const int on = 1;
  // Kernels without these answer without texts, or repeat the request; both are understood.
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveQueue, sizeof(kReceiveQueue)) != 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveQueue, sizeof(kReceiveQueue));
  bool changed;
  return resolve(changed);
}

int NetlinkSocket::resolve(bool& changed) {
  const int id = genl_ctrl_resolve(socket_.get(), IPVS_GENL_NAME);
  if (id < 0) return errno_of(id);
  changed = id != family_id_;
  family_id_ = static_cast<std::uint16_t>(id);
  return 0;
}

void NetlinkSocket::make_room(std::size_t size) {
  // The kernel doubles what is asked for, and some of it goes into its own bookkeeping.
  const int room = static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max() / 2));
  const int fd = nl_socket_get_fd(socket_.get());
  int present = 0;
  socklen_t length = sizeof(present);
  if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &present, &length) == 0 && present / 2 >= room) return;
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) != 0)
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
}

int NetlinkSocket::send(codec::View bytes) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  ssize_t sent;
  do {
    sent = sendto(nl_socket_get_fd(socket_.get()), bytes.data(), bytes.size(), 0,
                  reinterpret_cast<const sockaddr*>(&kernel), sizeof(kernel));
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return errno;
  return static_cast<std::size_t>(sent) == bytes.size() ? 0 : EPROTO;
}

int NetlinkSocket::receive(const std::function<bool(const codec::Message&)>& take) {
  for (;;) {
    sockaddr_nl sender{};
    iovec part{buffer_.data(), buffer_.size()};
    msghdr header{};
    header.msg_name = &sender;
    header.msg_namelen = sizeof(sender);
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    const ssize_t size = recvmsg(nl_socket_get_fd(socket_.get()), &header, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno;
    if (size == 0 || (header.msg_flags & MSG_TRUNC)) return EPROTO;
    if (sender.nl_pid != 0) continue;  // another process; only the kernel is of interest

    codec::View rest(buffer_.data(), static_cast<std::size_t>(size));
    while (!rest.empty()) {
      const auto message = codec::take_message(rest);
      if (!message) return EPROTO;
      if (!take(*message)) return 0;
    }
  }
}

}  // namespace ipvs
