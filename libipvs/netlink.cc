// SPDX-License-Identifier: LGPL-2.1-or-later
// The generic netlink way to the kernel.
//
// Changes go out in batches: the kernel works through all messages of one send in order. Those of which it may have
// something to say ask for an acknowledgement, for only there it says it; and so does the last one. When that answer is
// there, silence means success for all others.
#include <linux/ip_vs.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "backend.hh"
#include "codec.hh"
#include "ipvs/kernel.h"
#include "socket.hh"

namespace ipvs::inline v1 {
namespace {

/// Small enough that 64 answers with texts fit into an unenlarged receive queue.
constexpr std::size_t kBatch = 64;

std::unexpected<Error> transport_error(Operation operation, int code, std::string detail = {}) {
  return std::unexpected(
      Error{.operation = operation, .code = code, .origin = Origin::transport, .detail = std::move(detail)});
}

std::unexpected<Error> kernel_error(Operation operation, codec::Ack ack) {
  return std::unexpected(
      Error{.operation = operation, .code = ack.code, .origin = Origin::kernel, .detail = std::move(ack.text)});
}

/// Where to note what an answer says besides its content.
struct Notes {
  std::optional<std::uint32_t>* offset = nullptr;  ///< which attribute of the request was refused
  bool* interrupted = nullptr;                     ///< becomes true if what was dumped was changed meanwhile
  std::optional<Remark>* remark = nullptr;         ///< on what was done
  const bool* wanted = nullptr;                    ///< false: no more answers are
};

bool may_be_remarked_on(const Change& change) {
  return change.as<change::AddService>() || change.as<change::EditService>() || change.as<change::AddDest>() ||
         change.as<change::EditDest>();
}

class NetlinkBackend : public Backend {
 public:
  NetlinkBackend(std::unique_ptr<Link> link, NetlinkSocket::Absent absent) : socket_(std::move(link), absent) {}

  std::expected<void, int> open() { return socket_.open(); }

  Client::Transport transport() const override { return Client::Transport::netlink; }

  std::vector<Result<void>> apply(std::span<const Change> changes, std::vector<Remark>& remarks) override {
    std::vector<Result<void>> outcome(changes.size());
    std::expected<void, int> way;
    for (std::size_t start = 0; start < changes.size(); start += kBatch) {
      const std::size_t count = std::min(kBatch, changes.size() - start);
      const auto batch = changes.subspan(start, count);
      const auto results = std::span(outcome).subspan(start, count);
      std::vector<std::string> texts(count);
      // What comes behind may build on changes of which nothing is known.
      if (way)
        way = apply_batch(batch, results, texts);
      else
        for (std::size_t i = 0; i < count; ++i) results[i] = transport_error(batch[i].operation(), way.error());
      for (std::size_t i = 0; i < count; ++i)
        if (results[i] && !texts[i].empty()) remarks.push_back({.text = std::move(texts[i]), .change = start + i});
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
                        const std::function<bool(const ServiceKey&, DestEntry&)>& on_dest,
                        std::optional<Timeouts>& timeouts) override {
    codec::TableReader reader;
    auto done = dump(
        Operation::list_table,
        [](const codec::Envelope& envelope) { return codec::encode_bare(IPVS_CMD_GET_TABLE, envelope); },
        [&](codec::View payload) { return reader.read(payload, on_service, on_dest); });
    timeouts = reader.timeouts();
    if (done) return true;
    const Error& error = done.error();
    // The answer of a module that does not know the command.
    if (error.origin == Origin::kernel && error.code == EOPNOTSUPP) return false;
    return std::unexpected(error);
  }

  std::expected<bool, TableError> replace_table(const Table& table, std::vector<Remark>& remarks) override {
    // Asked beforehand, so that nothing large is sent in vain, and who may not do this hears it from the kernel.
    const auto kernel = info();
    if (!kernel) return std::unexpected(TableError{kernel.error()});
    if (kernel->api < 1) return false;

    codec::TableMessage message;
    std::optional<std::uint32_t> offset;
    std::optional<Remark> remark;
    auto done = request(
        Operation::replace_table, NLM_F_ACK,
        [&](const codec::Envelope& envelope) {
          message = codec::encode_table(table, envelope);
          socket_.make_room(message.bytes.size());
          return std::move(message.bytes);
        },
        [](codec::View) { return true; }, {.offset = &offset, .remark = &remark});
    if (done && remark) {
      if (remark->service && *remark->service >= table.services.size()) remark->service.reset();
      remarks.push_back(std::move(*remark));
    }
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

  StepsResult list() override {
    auto link = socket_.another_link();
    if (!link) return transport_error(Operation::open, link.error());
    return open_steps(std::move(*link), socket_.absent());
  }

  /// One message after the other, however many there are. On a socket of its own: what is left unread of a list goes with
  /// it, and `visit` may use this one.
  Result<bool> for_each_connection(const ConnectionFilter& filter,
                                   const std::function<bool(Connection&)>& visit) override {
    constexpr auto operation = Operation::list_connections;
    if (!codec::encode_get_connections(filter, {})) return false;
    auto link = socket_.another_link();
    // Nor may everyone ask which namespace a socket is in.
    if (!link && link.error() == EPERM) return false;
    if (!link) return transport_error(operation, link.error());
    NetlinkBackend other(std::move(*link), NetlinkSocket::Absent::say_so);
    if (auto done = other.socket_.open_as(socket_.family_id()); !done) return transport_error(operation, done.error());
    bool wanted = true, visited = false;
    auto done = other.request(
        operation, NLM_F_DUMP,
        [&](const codec::Envelope& envelope) { return *codec::encode_get_connections(filter, envelope); },
        [&](codec::View payload) {
          return codec::decode_connections(payload, [&](Connection& each) {
            visited = true;
            return wanted = visit(each);
          });
        },
        {.wanted = &wanted});
    if (done) return true;
    const Error& error = done.error();
    // A module that does not know the command, or has gone; or a user who may not ask for it, but perhaps read the file.
    if (!visited && error.origin == Origin::kernel &&
        (error.code == EOPNOTSUPP || error.code == ENOENT || error.code == EPERM))
      return false;
    return std::unexpected(error);
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

  Result<std::vector<DaemonConfig>> daemons() override {
    std::vector<DaemonConfig> list;
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
    if (!found) return transport_error(operation, EPROTO);
    return std::move(*found);
  }

  /// A list, decoded when it is there as a whole. One that was changed on the way is of neither table: it is asked for
  /// again, and better none than that one.
  Result<void> dump(Operation operation, const Encode& encode, const Decode& decode) {
    codec::Bytes bytes;
    std::vector<std::size_t> ends;
    bool interrupted = true;
    for (int left = kDumpAttempts; interrupted && left > 0; --left) {
      bytes.clear();
      ends.clear();
      interrupted = false;
      auto done = request(
          operation, NLM_F_DUMP, encode,
          [&](codec::View payload) {
            bytes.insert(bytes.end(), payload.begin(), payload.end());
            ends.push_back(bytes.size());
            return true;
          },
          {.interrupted = &interrupted});
      if (!done) return done;
    }
    if (interrupted)
      return transport_error(operation, EINTR, never_whole());
    bool sound = true;
    std::size_t start = 0;
    for (const std::size_t end : ends) {
      sound = decode(codec::View(bytes).subspan(start, end - start)) && sound;
      start = end;
    }
    if (!sound) return transport_error(operation, EPROTO);
    return {};
  }

  /// One question and its answers; asked again when the family turns out to have another number now.
  Result<void> request(Operation operation, int flags, const Encode& encode, const Decode& decode, Notes notes = {}) {
    auto done = request_once(operation, flags, encode, decode, notes);
    if (!done && is_stale(done.error())) return request_once(operation, flags, encode, decode, notes);
    return done;
  }

  Result<void> request_once(Operation operation, int flags, const Encode& encode, const Decode& decode,
                            Notes notes) {
    const std::uint32_t seq = socket_.next_seq();
    const auto bytes = encode({.family_id = socket_.family_id(),
                               .flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags),
                               .seq = seq});
    if (auto sent = socket_.send(bytes); !sent) return transport_error(operation, sent.error());

    bool sound = true;
    std::optional<codec::Ack> ack;
    const auto received = socket_.receive([&](const codec::Message& message) {
      if (message.seq != seq) return true;  // no answer to this
      if (notes.interrupted && (message.flags & NLM_F_DUMP_INTR)) *notes.interrupted = true;
      if (message.type == NLMSG_ERROR || message.type == NLMSG_DONE) {
        ack = codec::decode_ack(message);
        sound = sound && ack;
        return false;
      }
      if (message.type == socket_.family_id()) sound = sound && decode(message.payload);
      return !notes.wanted || *notes.wanted;
    });
    if (!received) return transport_error(operation, received.error());
    if (ack && notes.offset) *notes.offset = ack->offset;
    if (ack && ack->code != 0) return kernel_error(operation, std::move(*ack));
    if (!sound) return transport_error(operation, EPROTO);
    if (ack && notes.remark && !ack->text.empty())
      *notes.remark = {.text = std::move(ack->text), .service = ack->service, .others = ack->others};
    return {};
  }

  /// The error is that of the way to the kernel; refusals are no such thing. `texts`: what it says of what it has made.
  std::expected<void, int> apply_batch(std::span<const Change> changes, std::span<Result<void>> outcome,
                                       std::span<std::string> texts) {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      outcome[i] = may_be_sent(changes[i]);
      if (outcome[i]) all.push_back(i);
    }
    if (all.empty()) return {};
    if (auto done = send_changes(changes, all, outcome, texts); !done) return done;

    std::vector<std::size_t> missed;
    for (std::size_t i : all)
      if (!outcome[i] && outcome[i].error().code == ENOENT && outcome[i].error().detail.empty()) missed.push_back(i);
    if (missed.empty() || !is_stale(outcome[missed.front()].error())) return {};
    for (std::size_t i : missed) outcome[i] = {};
    return send_changes(changes, missed, outcome, texts);
  }

  /// What an older module does not know it passes over: better refused than made otherwise.
  Result<void> may_be_sent(const Change& change) {
    if (!change.as<change::StartDaemonWith>()) return {};
    const auto kernel = info();
    if (!kernel) {
      Error error = kernel.error();
      error.operation = change.operation();
      return std::unexpected(std::move(error));
    }
    if (kernel->api >= 3) return {};
    return std::unexpected(Error{.operation = change.operation(),
                                 .code = EOPNOTSUPP,
                                 .origin = Origin::kernel,
                                 .detail = "this ip_vs module knows no peers and no keys of daemons: the one that "
                                           "comes with this library does"});
  }

  /// Sends those changes whose numbers are in `which`.
  std::expected<void, int> send_changes(std::span<const Change> changes, const std::vector<std::size_t>& which,
                                        std::span<Result<void>> outcome, std::span<std::string> texts) {
    codec::Bytes bytes;
    const std::uint32_t first = socket_.next_seq();
    std::uint32_t last = first;
    for (std::size_t n = 0; n < which.size(); ++n) {
      if (n > 0) last = socket_.next_seq();
      const bool ask = n + 1 == which.size() || may_be_remarked_on(changes[which[n]]);
      const auto message = codec::encode(
          changes[which[n]], {.family_id = socket_.family_id(),
                              .flags = static_cast<std::uint16_t>(NLM_F_REQUEST | (ask ? NLM_F_ACK : 0)),
                              .seq = last});
      bytes.insert(bytes.end(), message.begin(), message.end());
      bytes.resize(NLMSG_ALIGN(bytes.size()));
    }

    auto done = socket_.send(bytes);
    if (done) {
      done = socket_.receive([&](const codec::Message& message) {
        const std::uint32_t n = message.seq - first;
        if (message.type != NLMSG_ERROR || n >= which.size()) return true;
        auto ack = codec::decode_ack(message);
        const Operation operation = changes[which[n]].operation();
        if (!ack)
          outcome[which[n]] = transport_error(operation, EPROTO);
        else if (ack->code != 0)
          outcome[which[n]] = kernel_error(operation, std::move(*ack));
        else
          texts[which[n]] = std::move(ack->text);
        return message.seq != last;
      });
    }
    if (done) return {};
    for (std::size_t i : which)
      if (outcome[i]) outcome[i] = transport_error(changes[i].operation(), done.error());
    return done;
  }

  /// An unknown family number is refused with ENOENT, as are other things: look whether ours is out of date.
  bool is_stale(const Error& error) {
    if (error.origin != Origin::kernel || error.code != ENOENT || !error.detail.empty()) return false;
    return socket_.resolve().value_or(false);
  }

  NetlinkSocket socket_;
};

}  // namespace

namespace {

BackendResult open_as(std::unique_ptr<Link> link, NetlinkSocket::Absent absent) {
  auto backend = std::make_unique<NetlinkBackend>(std::move(link), absent);
  if (auto done = backend->open(); !done) return transport_error(Operation::open, done.error());
  return backend;
}

}  // namespace

BackendResult open_netlink(std::unique_ptr<Link> link) {
  return open_as(std::move(link), NetlinkSocket::Absent::load_module);
}
BackendResult open_loaded_netlink(std::unique_ptr<Link> link) {
  return open_as(std::move(link), NetlinkSocket::Absent::say_so);
}

}  // namespace ipvs::inline v1
