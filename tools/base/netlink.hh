// SPDX-License-Identifier: GPL-2.0-or-later
// Netlink as such: requests with attributes, and the answers of the kernel. What is not about IPVS is asked
// this way. Errors are errno values.
#pragma once

#include <linux/netlink.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ipvsadm::netlink {

using Bytes = std::span<const std::uint8_t>;

/// A request, from its header on.
class Message {
 public:
  Message(std::uint16_t type, std::uint16_t flags);

  /// The family's own header, behind the common one.
  template <typename T>
  Message& header(const T& fixed) {
    static_assert(std::is_trivially_copyable_v<T>);
    return append({reinterpret_cast<const std::uint8_t*>(&fixed), sizeof(fixed)});
  }
  Message& put(std::uint16_t type, Bytes content);
  /// With the zero at its end.
  Message& put_text(std::uint16_t type, std::string_view text);
  template <typename T>
  Message& put_number(std::uint16_t type, T number) {
    static_assert(std::is_integral_v<T>);
    return put(type, {reinterpret_cast<const std::uint8_t*>(&number), sizeof(number)});
  }
  /// What is put between the two is inside of an attribute of this type.
  std::size_t begin(std::uint16_t type);
  Message& end(std::size_t begun);

  /// The whole, with this number.
  std::string finished(std::uint32_t sequence) const;

 private:
  Message& append(Bytes bytes);

  std::string text_;
};

/// A text to its zero.
std::string text_of(Bytes content);

/// The attributes of an answer. Of a type that comes twice the last counts.
class Attributes {
 public:
  /// What stands behind the first `skip` bytes. Bytes that are no attribute end it.
  explicit Attributes(Bytes bytes, std::size_t skip = 0);

  bool has(std::uint16_t type) const { return found_.contains(type); }
  /// Empty if it is not there.
  Bytes bytes(std::uint16_t type) const;
  /// Nothing if it is not there or shorter.
  template <typename T>
  std::optional<T> number(std::uint16_t type) const {
    const Bytes content = bytes(type);
    if (content.size() < sizeof(T)) return {};
    T value;
    std::memcpy(&value, content.data(), sizeof(T));
    return value;
  }
  /// Of the network's order.
  std::optional<std::uint32_t> big_endian(std::uint16_t type) const;
  /// To its zero; empty if it is not there.
  std::string text(std::uint16_t type) const;
  Attributes inside(std::uint16_t type) const { return Attributes(bytes(type)); }

 private:
  std::map<std::uint16_t, Bytes> found_;
};

/// Each attribute of a list, in its order.
void for_each_attribute(Bytes bytes, const std::function<void(std::uint16_t type, Bytes content)>& take);

/// An answer.
struct Answer {
  std::uint16_t type = 0;
  Bytes body;  ///< behind the common header

  template <typename T>
  std::optional<T> header() const {
    if (body.size() < sizeof(T)) return {};
    T value;
    std::memcpy(&value, body.data(), sizeof(T));
    return value;
  }
  /// Behind a header of this size.
  Attributes attributes(std::size_t header_size) const { return Attributes(body, NLMSG_ALIGN(header_size)); }
};

struct Error {
  int code = 0;       ///< errno
  std::string words;  ///< the kernel's own; often empty
};

/// Reads what a socket has got, for the request of this number.
class Reader {
 public:
  Reader(std::uint32_t sequence, const std::function<void(const Answer&)>& take)
      : sequence_(sequence), take_(take) {}
  /// True: nothing more comes. A list that has changed while it was told is refused with EINTR, at its end.
  std::expected<bool, Error> read(Bytes datagram);

 private:
  std::uint32_t sequence_;
  const std::function<void(const Answer&)>& take_;
  bool is_torn_ = false;
};

/// What `list` returns; once more, some times, as long as the list has changed meanwhile.
template <typename List>
auto untorn(List list) {
  for (int left = 8;; --left)
    if (auto result = list(); result || result.error().code != EINTR || left == 0) return result;
}

class Socket {
 public:
  /// `protocol`: NETLINK_ROUTE and its like; of the network namespace of the calling thread.
  static std::expected<Socket, int> open(int protocol);
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)), sequence_(other.sequence_) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket();

  /// Sends a request and waits until it is answered: a list to its end, else until the kernel has said that
  /// it is done. See untorn() for lists.
  std::expected<void, Error> ask(const Message& request, const std::function<void(const Answer&)>& take);
  std::expected<void, Error> tell(const Message& request);

 private:
  explicit Socket(int fd) : fd_(fd) {}

  int fd_;
  std::uint32_t sequence_ = 0;
};

}  // namespace ipvsadm::netlink
