// SPDX-License-Identifier: LGPL-2.1-or-later
// The generic netlink way to the kernel.
//
// Changes go out in batches: the kernel works through all messages of one send in order, so only the last one
// asks for an acknowledgement; the ones before it answer only when refused. When the last answer is there,
// silence means success for all others.
#include <linux/ip_vs.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>

#include "backend.hh"
#include "codec.hh"
#include "ipvs/kernel.h"
#include "socket.hh"

namespace ipvs {
namespace {

/// Small enough that 64 refusals fit into an unenlarged receive queue.
constexpr std::size_t kBatch = 64;

/// Enough for whoever meets a change now and then; not for ever where somebody changes something all the time.
constexpr int kDumpAttempts = 5;

Error transport_error(Operation operation, int code) {
  return {.operation = operation, .code = code, .origin = Origin::transport, .detail = {}};
}

Error kernel_error(Operation operation, codec::Ack ack) {
  return {.operation = operation, .code = ack.code, .origin = Origin::kernel, .detail = std::move(ack.text)};
}

class NetlinkBackend : public Backend {
 public:
  int open() { return socket_.open(); }

  Client::Transport transport() const override { return Client::Transport::netlink; }

  std::vector<std::optional<Error>> apply(std::span<const Change> changes) override {
    std::vector<std::optional<Error>> outcome(changes.size());
    for (std::size_t start = 0; start < changes.size(); start += kBatch) {
      const std::size_t count = std::min(kBatch, changes.size() - start);
      apply_batch(changes.subspan(start, count), std::span(outcome).subspan(start, count));
    }
    return outcome;
  }

  Result<ServiceEntry> service(const ServiceKey& key) override {
    std::optional<ServiceEntry> found;
    auto done = request(
        Operation::get_service, NLM_F_ACK,
        [&](const codec::Envelope& envelope) { return codec::encode_get_service(key, envelope); },
        [&](codec::View payload) { return (found = codec::decode_service(payload)).has_value(); });
    return one(Operation::get_service, done, found);
  }

  Result<void> for_each_service(const std::function<bool(ServiceEntry&)>& visit) override {
    bool wanted = true;
    return dump(
        Operation::list_services,
        [](const codec::Envelope& envelope) { return codec::encode_bare(IPVS_CMD_GET_SERVICE, envelope); },
        [&](codec::View payload) {
          auto entry = codec::decode_service(payload);
          if (entry && wanted) wanted = visit(*entry);
          return entry.has_value();
        });
  }

  Result<void> for_each_dest(const ServiceKey& service,
                             const std::function<bool(DestEntry&)>& visit) override {
    bool wanted = true;
    return dump(
        Operation::list_dests,
        [&](const codec::Envelope& envelope) { return codec::encode_get_dests(service, envelope); },
        [&](codec::View payload) {
          auto entry = codec::decode_dest(payload, service.family);
          if (entry && wanted) wanted = visit(*entry);
          return entry.has_value();
        });
  }

  Result<bool> for_each(const std::function<bool(ServiceEntry&)>& on_service,
                        const std::function<bool(const ServiceKey&, DestEntry&)>& on_dest) override {
    codec::TableReader reader;
    auto done = dump(
        Operation::list_table,
        [](const codec::Envelope& envelope) { return codec::encode_bare(IPVS_CMD_GET_TABLE, envelope); },
        [&](codec::View payload) { return reader.read(payload, on_service, on_dest); });
    if (done) return true;
    const Error& error = done.error();
    // The answer of a module that does not know the command.
    if (error.origin == Origin::kernel && error.code == EOPNOTSUPP) return false;
    return std::unexpected(error);
  }

  std::expected<bool, TableError> replace_table(const Table& table) override {
    // Asked beforehand, so that nothing large is sent in vain, and who may not do this hears it from the kernel.
    const auto kernel = info();
    if (!kernel) return std::unexpected(TableError{kernel.error()});
    if (kernel->api < 1) return false;

    codec::TableMessage message;
    std::optional<std::uint32_t> offset;
    auto done = request(
        Operation::replace_table, NLM_F_ACK,
        [&](const codec::Envelope& envelope) {
          message = codec::encode_table(table, envelope);
          socket_.make_room(message.bytes.size());
          return std::move(message.bytes);
        },
        [](codec::View) { return true; }, &offset);
    if (done) return true;

    TableError refusal{std::move(done.error())};
    const auto* item = offset ? message.item_at(*offset) : nullptr;
    if (!item) return std::unexpected(std::move(refusal));
    refusal.service = item->service;
    refusal.dest = item->dest;
    // The texts for errno values are those of the item.
    refusal.error.operation = item->dest ? Operation::add_dest : Operation::add_service;
    return std::unexpected(std::move(refusal));
  }

  Result<Timeouts> timeouts() override {
    std::optional<Timeouts> found;
    auto done = request(
        Operation::get_timeouts, NLM_F_ACK,
        [](const codec::Envelope& envelope) { return codec::encode_bare(IPVS_CMD_GET_CONFIG, envelope); },
        [&](codec::View payload) { return (found = codec::decode_timeouts(payload)).has_value(); });
    return one(Operation::get_timeouts, done, found);
  }

  Result<Info> info() override {
    std::optional<Info> found;
    auto done = request(
        Operation::get_info, NLM_F_ACK,
        [](const codec::Envelope& envelope) { return codec::encode_bare(IPVS_CMD_GET_INFO, envelope); },
        [&](codec::View payload) { return (found = codec::decode_info(payload)).has_value(); });
    return one(Operation::get_info, done, found);
  }

  Result<std::vector<Daemon>> daemons() override {
    std::vector<Daemon> list;
    auto done = dump(
        Operation::list_daemons,
        [](const codec::Envelope& envelope) { return codec::encode_bare(IPVS_CMD_GET_DAEMON, envelope); },
        [&](codec::View payload) {
          auto daemon = codec::decode_daemon(payload);
          if (daemon) list.push_back(std::move(*daemon));
          return daemon.has_value();
        });
    if (!done) return std::unexpected(done.error());
    return list;
  }

 private:
  using Encode = std::function<codec::Bytes(const codec::Envelope&)>;
  using Decode = std::function<bool(codec::View)>;

  template <typename T>
  static Result<T> one(Operation operation, const Result<void>& done, std::optional<T>& found) {
    if (!done) return std::unexpected(done.error());
    if (!found) return std::unexpected(transport_error(operation, EPROTO));
    return std::move(*found);
  }

  /// A list, decoded when it is there as a whole. One that was changed on the way is asked for again; if that happens
  /// each time, the last one must do: nothing else is missed in it or comes twice.
  Result<void> dump(Operation operation, const Encode& encode, const Decode& decode) {
    codec::Bytes bytes;
    std::vector<std::size_t> ends;
    for (int left = kDumpAttempts; left > 0; --left) {
      bytes.clear();
      ends.clear();
      bool interrupted = false;
      auto done = request(
          operation, NLM_F_DUMP, encode,
          [&](codec::View payload) {
            bytes.insert(bytes.end(), payload.begin(), payload.end());
            ends.push_back(bytes.size());
            return true;
          },
          nullptr, &interrupted);
      if (!done) return done;
      if (!interrupted) break;
    }
    bool sound = true;
    std::size_t start = 0;
    for (const std::size_t end : ends) {
      sound = decode(codec::View(bytes).subspan(start, end - start)) && sound;
      start = end;
    }
    if (!sound) return std::unexpected(transport_error(operation, EPROTO));
    return {};
  }

  /// One question and its answers; asked again when the family turns out to have another number now.
  /// `offset`: where to note which attribute of the request was refused. `interrupted`: becomes true if what was
  /// dumped was changed meanwhile.
  Result<void> request(Operation operation, int flags, const Encode& encode, const Decode& decode,
                       std::optional<std::uint32_t>* offset = nullptr, bool* interrupted = nullptr) {
    auto done = request_once(operation, flags, encode, decode, offset, interrupted);
    if (!done && is_stale(done.error()))
      return request_once(operation, flags, encode, decode, offset, interrupted);
    return done;
  }

  Result<void> request_once(Operation operation, int flags, const Encode& encode, const Decode& decode,
                            std::optional<std::uint32_t>* offset, bool* interrupted) {
    const std::uint32_t seq = socket_.next_seq();
    const auto bytes = encode({.family_id = socket_.family_id(),
                               .flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags),
                               .seq = seq});
    if (int error = socket_.send(bytes)) return std::unexpected(transport_error(operation, error));

    bool sound = true;
    std::optional<codec::Ack> ack;
    const int error = socket_.receive([&](const codec::Message& message) {
      if (message.seq != seq) return true;  // left over from a request that failed half-way
      if (interrupted && (message.flags & NLM_F_DUMP_INTR)) *interrupted = true;
      if (message.type == NLMSG_ERROR || message.type == NLMSG_DONE) {
        ack = codec::decode_ack(message);
        sound = sound && ack;
        return false;
      }
      if (message.type == socket_.family_id()) sound = sound && decode(message.payload);
      return true;
    });
    if (error != 0) return std::unexpected(transport_error(operation, error));
    if (ack && offset) *offset = ack->offset;
    if (ack && ack->code != 0) return std::unexpected(kernel_error(operation, std::move(*ack)));
    if (!sound) return std::unexpected(transport_error(operation, EPROTO));
    return {};
  }

  void apply_batch(std::span<const Change> changes, std::span<std::optional<Error>> outcome) {
    std::vector<std::size_t> all(changes.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    send_changes(changes, all, outcome);

    std::vector<std::size_t> missed;
    for (std::size_t i : all)
      if (outcome[i] && outcome[i]->code == ENOENT && outcome[i]->detail.empty()) missed.push_back(i);
    if (missed.empty() || !is_stale(*outcome[missed.front()])) return;
    for (std::size_t i : missed) outcome[i].reset();
    send_changes(changes, missed, outcome);
  }

  /// Sends those changes whose numbers are in `which`.
  void send_changes(std::span<const Change> changes, const std::vector<std::size_t>& which,
                    std::span<std::optional<Error>> outcome) {
    codec::Bytes bytes;
    const std::uint32_t first = socket_.next_seq();
    std::uint32_t last = first;
    for (std::size_t n = 0; n < which.size(); ++n) {
      if (n > 0) last = socket_.next_seq();
      const bool ask = n + 1 == which.size();
      const auto message = codec::encode(
          changes[which[n]], {.family_id = socket_.family_id(),
                              .flags = static_cast<std::uint16_t>(NLM_F_REQUEST | (ask ? NLM_F_ACK : 0)),
                              .seq = last});
      bytes.insert(bytes.end(), message.begin(), message.end());
      bytes.resize(NLMSG_ALIGN(bytes.size()));
    }

    int error = socket_.send(bytes);
    if (error == 0) {
      error = socket_.receive([&](const codec::Message& message) {
        const std::uint32_t n = message.seq - first;
        if (message.type != NLMSG_ERROR || n >= which.size()) return true;
        auto ack = codec::decode_ack(message);
        const Operation operation = changes[which[n]].operation;
        if (!ack)
          outcome[which[n]] = transport_error(operation, EPROTO);
        else if (ack->code != 0)
          outcome[which[n]] = kernel_error(operation, std::move(*ack));
        return message.seq != last;
      });
    }
    if (error == 0) return;
    for (std::size_t i : which)
      if (!outcome[i]) outcome[i] = transport_error(changes[i].operation, error);
  }

  /// An unknown family number is refused with ENOENT, as are other things: look whether ours is out of date.
  bool is_stale(const Error& error) {
    bool changed = false;
    return error.origin == Origin::kernel && error.code == ENOENT && error.detail.empty() &&
           socket_.resolve(changed) == 0 && changed;
  }

  NetlinkSocket socket_;
};

}  // namespace

Result<std::unique_ptr<Backend>> open_netlink() {
  auto backend = std::make_unique<NetlinkBackend>();
  if (int error = backend->open()) return std::unexpected(transport_error(Operation::open, error));
  return backend;
}

}  // namespace ipvs
