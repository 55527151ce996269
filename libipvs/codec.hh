// SPDX-License-Identifier: LGPL-2.1-or-later
// Netlink messages to and from bytes. Pure: no socket, no state; any bytes may be given to a decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ipvs/change.hh"
#include "ipvs/connection.hh"
#include "ipvs/types.hh"

namespace ipvs::inline v1::codec {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

/// What stands in the message header besides length and command.
struct Envelope {
  std::uint16_t family_id = 0;  ///< number the kernel gave the family "IPVS"
  std::uint16_t flags = 0;      ///< NLM_F_*
  std::uint32_t seq = 0;
};

/// Each returns one complete message. Names too long are not shortened to fit: the kernel is to refuse them.
Bytes encode(const Change& change, const Envelope& envelope);
Bytes encode_get_service(const ServiceKey& key, const Envelope& envelope);
Bytes encode_get_dests(const ServiceKey& key, const Envelope& envelope);
/// The question for a family's number, and for all families.
Bytes encode_get_family(const std::string& name, std::uint32_t seq);
Bytes encode_list_families(std::uint32_t seq);
/// A command without attributes (IPVS_CMD_GET_*).
Bytes encode_bare(std::uint8_t command, const Envelope& envelope);

/// Nothing: no request can say this, as of a state longer than any is.
std::optional<Bytes> encode_get_connections(const ConnectionFilter& filter, const Envelope& envelope);

/// A whole table in one message, and where in it its items begin, counted from the start of the message.
struct TableMessage {
  Bytes bytes;
  struct Item {
    std::size_t offset;
    std::size_t service;
    std::optional<std::size_t> dest;
  };
  std::vector<Item> items;  ///< by rising offset

  /// The item that an offset lies in; null for none.
  const Item* item_at(std::size_t offset) const;
};
TableMessage encode_table(const Table& table, const Envelope& envelope);

/// One message found in a receive buffer; the payload refers to the buffer.
struct Message {
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  std::uint32_t seq = 0;
  View payload;
};

/// Takes the first message off `buffer`. Nothing: the buffer is empty, or its rest is not a message.
std::optional<Message> take_message(View& buffer);

/// An acknowledgement, or the end of a dump.
struct Ack {
  int code = 0;      ///< errno; 0 for success
  std::string text;  ///< the kernel's words, if any; of a success, too
  std::optional<std::uint32_t> offset = {};  ///< of the attribute that was refused, from the request's start
  // struct ipvs_remark_cookie
  std::optional<std::uint32_t> service = {};
  std::uint32_t others = 0;
};

/// `message` must be of type NLMSG_ERROR or NLMSG_DONE. Nothing: it is malformed.
std::optional<Ack> decode_ack(const Message& message);

/// What an answer to encode_get_family() or encode_list_families() tells. Nothing: it is another message.
struct Family {
  std::string name;
  std::uint16_t number;
};
std::optional<Family> decode_family(const Message& message);

/// Replies; `payload` starts with the generic netlink header. Nothing: malformed, or not that kind of reply.
std::optional<ServiceEntry> decode_service(View payload);
/// `service_family` is used where the kernel does not tell the destination's.
std::optional<DestEntry> decode_dest(View payload, std::uint16_t service_family);
/// The messages of a table's dump, one after the other: a destination may come in a later one than its service.
class TableReader {
 public:
  /// Visits what is in one message; after the first `false` nothing more. False: the message is malformed.
  bool read(View payload, const std::function<bool(ServiceEntry&)>& on_service,
            const std::function<bool(const ServiceKey&, DestEntry&)>& on_dest);
  /// If they came with it.
  const std::optional<Timeouts>& timeouts() const { return timeouts_; }

 private:
  std::optional<Timeouts> timeouts_;
  std::optional<ServiceKey> service_;
  bool wanted_ = true;
};
/// Visits the connections of one message until `visit` returns false. False: the message is malformed.
bool decode_connections(View payload, const std::function<bool(Connection&)>& visit);
std::optional<Timeouts> decode_timeouts(View payload);
std::optional<Info> decode_info(View payload);
std::optional<DaemonConfig> decode_daemon(View payload);

}  // namespace ipvs::inline v1::codec
