// SPDX-License-Identifier: LGPL-2.1-or-later
// A netlink socket that knows the number of the family "IPVS". Errors are errno values.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>

#include "codec.hh"

namespace ipvs::inline v1 {

/// Datagrams to the kernel's generic netlink and from it.
class Link {
 public:
  virtual ~Link() = default;

  /// Makes a new socket, of the network namespace that the first one was in; what waited in an old one is gone.
  virtual std::expected<void, int> open() = 0;
  /// Raises the limit for one send to this size; if that is not allowed, send() will fail with EMSGSIZE.
  virtual void make_room(std::size_t size) = 0;
  virtual std::expected<void, int> send(codec::View bytes) = 0;
  /// Waits for the next datagram of the kernel. It is good until the next call.
  virtual std::expected<codec::View, int> receive() = 0;
  /// The same without waiting. EAGAIN: there is none yet.
  virtual std::expected<codec::View, int> receive_now() = 0;
  /// For poll(2).
  virtual int fd() const = 0;
  /// Another link, which is opened in the network namespace of this one.
  virtual std::expected<std::unique_ptr<Link>, int> beside() const = 0;
};

std::unique_ptr<Link> kernel_link();

/// After a failure of receive() answers may be lost or late: the next request gets a new socket. So it does in a child
/// process, whose answers would otherwise come to its parent, or the reverse.
class NetlinkSocket {
 public:
  /// What the kernel does that has no such family yet.
  enum class Absent : std::uint8_t { load_module, say_so };

  explicit NetlinkSocket(std::unique_ptr<Link> link, Absent absent = Absent::load_module)
      : link_(std::move(link)), absent_(absent) {}

  /// ENOENT: no such family.
  std::expected<void, int> open();
  /// The same where the family's number is known already; the kernel is not asked.
  std::expected<void, int> open_as(std::uint16_t family_id);
  /// Asks for the family's number again; true if it is another one now (module reloaded).
  std::expected<bool, int> resolve();

  std::uint16_t family_id() const { return family_id_; }
  Absent absent() const { return absent_; }
  std::uint32_t next_seq() { return ++seq_; }

  void make_room(std::size_t size) { link_->make_room(size); }
  std::expected<void, int> send(codec::View bytes);
  /// Waits for answers and gives them to `take` until it returns false; it is asked at least once.
  std::expected<void, int> receive(const std::function<bool(const codec::Message&)>& take);
  /// Gives the answers of one datagram, if there is one, until `take` returns false.
  std::expected<void, int> receive_now(const std::function<bool(const codec::Message&)>& take);

  int fd() const { return link_->fd(); }
  std::expected<std::unique_ptr<Link>, int> another_link() const { return link_->beside(); }

 private:
  std::expected<void, int> reopen();
  std::expected<bool, int> resolve_once();
  std::expected<void, int> read(const std::function<bool(const codec::Message&)>& take);
  /// False: no more are wanted.
  static std::expected<bool, int> read_datagram(codec::View datagram,
                                                const std::function<bool(const codec::Message&)>& take);

  std::unique_ptr<Link> link_;
  Absent absent_;
  bool usable_ = false;
  pid_t owner_ = 0;
  std::uint16_t family_id_ = 0;
  std::uint32_t seq_ = 0;
};

}  // namespace ipvs::inline v1
