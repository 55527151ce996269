// SPDX-License-Identifier: LGPL-2.1-or-later
#include "socket.hh"

#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

namespace ipvs::inline v1 {

std::expected<void, int> NetlinkSocket::reopen() {
  usable_ = false;
  if (auto done = link_->open(); !done) return done;
  owner_ = getpid();
  usable_ = true;
  return {};
}

std::expected<void, int> NetlinkSocket::open() {
  if (auto done = reopen(); !done) return done;
  if (auto changed = resolve(); !changed) return std::unexpected(changed.error());
  return {};
}

std::expected<void, int> NetlinkSocket::open_as(std::uint16_t family_id) {
  family_id_ = family_id;
  return reopen();
}

std::expected<bool, int> NetlinkSocket::resolve() {
  auto changed = resolve_once();
  // A list may miss one when another one goes meanwhile.
  if (!changed && changed.error() == ENOENT && absent_ == Absent::say_so) changed = resolve_once();
  return changed;
}

std::expected<bool, int> NetlinkSocket::resolve_once() {
  const std::uint32_t seq = next_seq();
  // Who is asked for one family by its name looks for a module that has it; a list has only those that are there.
  const bool is_list = absent_ == Absent::say_so;
  const auto question = is_list ? codec::encode_list_families(seq) : codec::encode_get_family(IPVS_GENL_NAME, seq);
  if (auto done = send(question); !done) return std::unexpected(done.error());
  std::optional<std::uint16_t> id;
  int refusal = 0;
  const auto done = receive([&](const codec::Message& message) {
    if (message.seq != seq) return true;
    if (message.type != NLMSG_ERROR && message.type != NLMSG_DONE) {
      if (const auto found = codec::decode_family(message); found && found->name == IPVS_GENL_NAME) id = found->number;
      return true;
    }
    const auto ack = codec::decode_ack(message);
    refusal = ack ? ack->code : EPROTO;
    return false;
  });
  if (!done) return std::unexpected(done.error());
  if (refusal != 0) return std::unexpected(refusal);
  if (!id) return std::unexpected(is_list ? ENOENT : EPROTO);
  const bool changed = *id != family_id_;
  family_id_ = *id;
  return changed;
}

std::expected<void, int> NetlinkSocket::send(codec::View bytes) {
  if (!usable_ || owner_ != getpid())
    if (auto done = reopen(); !done) return done;
  return link_->send(bytes);
}

std::expected<void, int> NetlinkSocket::receive(const std::function<bool(const codec::Message&)>& take) {
  auto done = read(take);
  usable_ = done.has_value();
  return done;
}

std::expected<void, int> NetlinkSocket::receive_now(const std::function<bool(const codec::Message&)>& take) {
  const auto datagram = link_->receive_now();
  if (!datagram && datagram.error() == EAGAIN) return {};
  const std::expected<bool, int> done =
      datagram ? read_datagram(*datagram, take) : std::unexpected(datagram.error());
  usable_ = done.has_value();
  if (!done) return std::unexpected(done.error());
  return {};
}

std::expected<void, int> NetlinkSocket::read(const std::function<bool(const codec::Message&)>& take) {
  for (;;) {
    const auto datagram = link_->receive();
    if (!datagram) return std::unexpected(datagram.error());
    const auto wanted = read_datagram(*datagram, take);
    if (!wanted) return std::unexpected(wanted.error());
    if (!*wanted) return {};
  }
}

std::expected<bool, int> NetlinkSocket::read_datagram(codec::View datagram,
                                                      const std::function<bool(const codec::Message&)>& take) {
  while (!datagram.empty()) {
    const auto message = codec::take_message(datagram);
    if (!message) return std::unexpected(EPROTO);
    if (!take(*message)) return false;
  }
  return true;
}

}  // namespace ipvs::inline v1
