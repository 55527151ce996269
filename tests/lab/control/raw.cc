// SPDX-License-Identifier: GPL-2.0-or-later
// Single requests past the library: a dump that is read a part at a time, a table that is too large, a write to a file
// that another process has opened.
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/socket.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "control.hh"
#include "ipvs/kernel.h"

namespace control {
namespace {

using Bytes = std::vector<std::uint8_t>;

void append(Bytes& bytes, const void* data, std::size_t size) {
  const auto* from = static_cast<const std::uint8_t*>(data);
  bytes.insert(bytes.end(), from, from + size);
  bytes.resize(NLMSG_ALIGN(bytes.size()));
}

void attribute(Bytes& bytes, int type, const void* data, std::size_t size) {
  const nlattr header{static_cast<std::uint16_t>(NLA_HDRLEN + size), static_cast<std::uint16_t>(type)};
  append(bytes, &header, sizeof(header));
  append(bytes, data, size);
}

class Socket {
 public:
  Socket() : socket_(nl_socket_alloc()) {
    if (!socket_ || genl_connect(socket_) != 0) fail("no netlink socket");
    family_ = genl_ctrl_resolve(socket_, IPVS_GENL_NAME);
    if (family_ < 0) fail("no family " IPVS_GENL_NAME);
    const int on = 1;  // errors without the request
    setsockopt(nl_socket_get_fd(socket_), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { nl_socket_free(socket_); }

  void send(std::uint8_t command, std::uint8_t version, int flags, const Bytes& attributes) {
    const nlmsghdr header{static_cast<std::uint32_t>(NLMSG_HDRLEN + GENL_HDRLEN + attributes.size()),
                          static_cast<std::uint16_t>(family_), static_cast<std::uint16_t>(NLM_F_REQUEST | flags), 1, 0};
    const genlmsghdr family{command, version, 0};
    Bytes message;
    message.reserve(header.nlmsg_len);
    append(message, &header, sizeof(header));
    append(message, &family, sizeof(family));
    append(message, attributes.data(), attributes.size());
    const int room = static_cast<int>(message.size());
    setsockopt(nl_socket_get_fd(socket_), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
    if (::send(nl_socket_get_fd(socket_), message.data(), message.size(), 0) < 0) fail(std::strerror(errno));
  }

  /// One datagram of the kernel, given message by message.
  template <typename Take>
  void receive(Take take) {
    // The least that the kernel goes by when it chooses how much to put into one.
    alignas(nlmsghdr) std::uint8_t buffer[16384];
    const ssize_t size = recv(nl_socket_get_fd(socket_), buffer, sizeof(buffer), MSG_TRUNC);
    if (size <= 0) fail(std::strerror(errno));
    if (size > static_cast<ssize_t>(sizeof(buffer))) fail("a message is too long");
    int left = static_cast<int>(size);
    for (const auto* message = reinterpret_cast<nlmsghdr*>(buffer); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left))
      take(*message);
  }

 private:
  nl_sock* socket_;
  int family_ = 0;
};

Bytes mark_service() {
  const std::uint16_t family = AF_INET;
  const std::uint32_t mark = 1;
  Bytes members, nest;
  attribute(members, IPVS_SVC_ATTR_AF, &family, sizeof(family));
  attribute(members, IPVS_SVC_ATTR_FWMARK, &mark, sizeof(mark));
  attribute(nest, IPVS_CMD_ATTR_SERVICE | NLA_F_NESTED, members.data(), members.size());
  return nest;
}

}  // namespace

int interrupt(Words words) {
  if (words.size() != 3) fail("interrupt needs a version, services, dests or table, and a command");
  const bool is_dests = words[1] == "dests";
  int command = IPVS_CMD_GET_SERVICE;
  if (is_dests) command = IPVS_CMD_GET_DEST;
  if (words[1] == "table") command = IPVS_CMD_GET_TABLE;
  Socket socket;
  socket.send(static_cast<std::uint8_t>(command), static_cast<std::uint8_t>(number(words[0])), NLM_F_DUMP,
              is_dests ? mark_service() : Bytes());
  bool is_done = false, is_marked = false;
  int parts = 0;
  do {
    socket.receive([&](const nlmsghdr& message) {
      is_marked |= (message.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
      is_done |= message.nlmsg_type == NLMSG_DONE;
      if (message.nlmsg_type == NLMSG_ERROR) fail("refused");
    });
    if (++parts == 1 && std::system(words[2].c_str()) != 0) fail("failed: " + words[2]);
  } while (!is_done);
  // One more is made before it is asked for.
  if (parts < 4) fail("the list is too short");
  std::puts(is_marked ? "interrupted" : "whole");
  return 0;
}

int oversize(Words words) {
  if (words.size() != 1) fail("oversize needs a number of services");
  Bytes services(number(words[0]) * NLA_HDRLEN);
  const nlattr empty{NLA_HDRLEN, IPVS_CMD_ATTR_SERVICE};
  for (std::size_t at = 0; at < services.size(); at += NLA_HDRLEN) std::memcpy(&services[at], &empty, sizeof(empty));
  Socket socket;
  socket.send(IPVS_CMD_SET_TABLE, IPVS_GENL_VERSION, NLM_F_ACK, services);
  socket.receive([](const nlmsghdr& message) {
    nlmsgerr ack;
    std::memcpy(&ack, reinterpret_cast<const std::uint8_t*>(&message) + NLMSG_HDRLEN, sizeof(ack));
    std::puts(ack.error == 0 ? "taken" : std::strerror(-ack.error));
  });
  return 0;
}

int write_through(Words words) {
  if (words.size() != 3) fail("write-through needs a process, its file and a text");
  const int process = static_cast<int>(syscall(SYS_pidfd_open, number(words[0]), 0));
  const int file = static_cast<int>(syscall(SYS_pidfd_getfd, process, number(words[1]), 0));
  if (file < 0) fail(std::strerror(errno));
  const ssize_t written = pwrite(file, words[2].data(), words[2].size(), 0);
  std::puts(written < 0 ? std::strerror(errno) : "taken");
  return 0;
}

}  // namespace control
