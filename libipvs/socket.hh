// SPDX-License-Identifier: LGPL-2.1-or-later
// A netlink socket that knows the number of the family "IPVS".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "codec.hh"

struct nl_sock;

namespace ipvs {

/// Functions return 0 or an errno value. After any failure of receive() the queue may hold stale answers;
/// they are told apart by their sequence numbers.
class NetlinkSocket {
 public:
  NetlinkSocket();
  NetlinkSocket(const NetlinkSocket&) = delete;
  NetlinkSocket& operator=(const NetlinkSocket&) = delete;
  ~NetlinkSocket();

  /// ENOENT: no such family.
  int open();
  /// Asks for the family's number again; `changed` tells whether it is another one now (module reloaded).
  int resolve(bool& changed);

  std::uint16_t family_id() const { return family_id_; }
  std::uint32_t next_seq() { return ++seq_; }

  /// Raises the limit for one send to this size; if that is not allowed, send() will fail with EMSGSIZE.
  void make_room(std::size_t size);
  int send(codec::View bytes);
  /// Waits for answers and gives them to `take` until it returns false; it is asked at least once.
  int receive(const std::function<bool(const codec::Message&)>& take);

 private:
  struct Free {
    void operator()(nl_sock* socket) const;
  };

  std::unique_ptr<nl_sock, Free> socket_;
  std::uint16_t family_id_ = 0;
  std::uint32_t seq_ = 0;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace ipvs
