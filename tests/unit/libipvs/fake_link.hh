// SPDX-License-Identifier: GPL-2.0-or-later
// A netlink socket without a kernel: what is sent is kept, and a test says which datagrams come back.
#pragma once

#include <cerrno>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <new>
#include <utility>

#include "bytes.hh"
#include "codec.hh"
#include "socket.hh"

/// One message of a request, as the kernel would see it.
struct Request {
  ipvs::codec::Message message;
  std::uint8_t command() const { return message.payload.empty() ? std::uint8_t{0} : message.payload[0]; }
};

/// What test and link share.
struct Wire {
  std::vector<bytes::Bytes> sent;
  std::deque<std::expected<bytes::Bytes, int>> answers;
  /// Called for each message that is sent; puts the answers into the queue.
  std::function<void(Wire&, const Request&)> kernel;
  int opened = 0;
  int fd = 77;
  int refuse_open = 0;  ///< errno
  int refuse_send = 0;
  int refuse_beside = 0;
  bool no_memory = false;  ///< for the next answer, which is lost
  std::vector<std::size_t> rooms;

  void answer(const bytes::Bytes& datagram) { answers.emplace_back(datagram); }
  void fail(int error) { answers.emplace_back(std::unexpected(error)); }
};

class FakeLink : public ipvs::Link {
 public:
  explicit FakeLink(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}

  std::expected<void, int> open() override {
    if (wire_->refuse_open != 0) return std::unexpected(wire_->refuse_open);
    ++wire_->opened;
    wire_->answers.clear();
    return {};
  }
  void make_room(std::size_t size) override { wire_->rooms.push_back(size); }
  std::expected<void, int> send(ipvs::codec::View view) override {
    if (wire_->refuse_send != 0) return std::unexpected(wire_->refuse_send);
    wire_->sent.emplace_back(view.begin(), view.end());
    while (const auto message = ipvs::codec::take_message(view))
      if (wire_->kernel) wire_->kernel(*wire_, {*message});
    return {};
  }
  std::expected<ipvs::codec::View, int> receive_now() override {
    if (wire_->answers.empty()) return std::unexpected(EAGAIN);
    return receive();
  }
  int fd() const override { return wire_->fd; }
  std::expected<std::unique_ptr<ipvs::Link>, int> beside() const override {
    if (wire_->refuse_beside != 0) return std::unexpected(wire_->refuse_beside);
    return std::make_unique<FakeLink>(wire_);
  }
  std::expected<ipvs::codec::View, int> receive() override {
    // A test that forgot an answer fails, and does not wait for ever.
    if (wire_->answers.empty()) return std::unexpected(EDEADLK);
    current_ = std::move(wire_->answers.front());
    wire_->answers.pop_front();
    if (std::exchange(wire_->no_memory, false)) throw std::bad_alloc();
    if (!current_) return std::unexpected(current_.error());
    return ipvs::codec::View(*current_);
  }

 private:
  std::shared_ptr<Wire> wire_;
  std::expected<bytes::Bytes, int> current_;
};

namespace wire {

using bytes::Bytes;
using bytes::operator+;

inline constexpr std::uint16_t kFamily = 0x1b;

/// An acknowledgement or refusal, with the kernel's words and the offset of an attribute if there are any.
inline Bytes ack(std::uint32_t seq, int code = 0, const std::string& words = {}, std::uint32_t offset = 0) {
  Bytes payload = bytes::number(-code) + bytes::message(kFamily, 5, seq, {});
  if (!words.empty()) payload = payload + bytes::attr(1, bytes::text(words));
  if (offset != 0) payload = payload + bytes::attr(2, bytes::number(offset));
  const bool has_more = !words.empty() || offset != 0;
  return bytes::message(2, has_more ? 0x300 : 0x100, seq, payload);
}
inline Bytes reply(std::uint32_t seq, const Bytes& payload, std::uint16_t flags = 0) {
  return bytes::message(kFamily, flags, seq, payload);
}
inline Bytes done(std::uint32_t seq, std::uint16_t flags = 2) {
  return bytes::message(3, flags, seq, bytes::number(0));
}
/// The answer to the question for the family's number.
inline Bytes family(std::uint32_t seq, std::uint16_t number = kFamily) {
  return bytes::message(0x10, 0, seq,
                        Bytes{1, 2, 0, 0} + bytes::attr(2, bytes::text("IPVS")) + bytes::attr(1, bytes::number(number))) +
         ack(seq);
}

}  // namespace wire
