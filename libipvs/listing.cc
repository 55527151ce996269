// SPDX-License-Identifier: LGPL-2.1-or-later
// The whole table over netlink, one datagram at a time and without waiting. On our module that is one dump; on the
// kernel's own one of the services, and then one for the destinations of each.
#include <linux/ip_vs.h>
#include <linux/netlink.h>

#include <optional>
#include <utility>

#include "backend.hh"
#include "codec.hh"
#include "ipvs/kernel.h"
#include "socket.hh"

namespace ipvs::inline v1 {
namespace {

class NetlinkSteps : public Steps {
 public:
  NetlinkSteps(std::unique_ptr<Link> link, NetlinkSocket::Absent absent) : socket_(std::move(link), absent) {}

  Result<void> open() {
    if (auto done = socket_.open(); !done) return failed(done.error());
    return ask(Phase::table);
  }

  int fd() const override { return socket_.fd(); }

  Result<bool> step() override {
    if (failure_) return std::unexpected(*failure_);
    if (present_.phase == Phase::over) return true;
    // What a step took that an exception ended is lost, and a list without it is not whole.
    if (std::exchange(is_stepping_, true)) return failed(ENOMEM);
    auto stepped = try_step();
    is_stepping_ = false;
    return stepped;
  }

  std::vector<ServiceWithDests> take() override {
    if (present_.phase != Phase::over) return {};
    return std::exchange(table_, {});
  }

 private:
  enum class Phase : std::uint8_t { table, services, dests, over };

  /// What is asked for at present, and what is known of the answer.
  struct Question {
    Phase phase;
    std::uint32_t seq;
    std::size_t service = 0;  ///< whose destinations are asked for
    bool interrupted = false, sound = true;
    codec::TableReader reader = {};
  };

  Result<bool> try_step() {
    std::optional<codec::Ack> ack;
    bool ended = false;
    const auto received = socket_.receive_now([&](const codec::Message& message) {
      if (message.seq != present_.seq) return true;  // no answer to this
      if (message.flags & NLM_F_DUMP_INTR) present_.interrupted = true;
      ended = message.type == NLMSG_ERROR || message.type == NLMSG_DONE;
      if (ended)
        ack = codec::decode_ack(message);
      else if (message.type == socket_.family_id())
        present_.sound = read(message.payload) && present_.sound;
      return !ended;
    });
    if (!received) return failed(received.error());
    if (!ended) return false;
    if (!ack) return failed(EPROTO);
    auto done = go_on(std::move(*ack));
    if (!done) return std::unexpected(std::move(done.error()));
    return present_.phase == Phase::over;
  }

  std::unexpected<Error> failed(int code, std::string words = {}, Origin origin = Origin::transport) {
    table_.clear();
    failure_ = Error{.operation = Operation::list_table, .code = code, .origin = origin, .detail = std::move(words)};
    return std::unexpected(*failure_);
  }

  bool read(codec::View payload) {
    if (present_.phase == Phase::table)
      return present_.reader.read(
          payload,
          [&](ServiceEntry& entry) {
            table_.push_back({std::move(entry), {}});
            return true;
          },
          [&](const ServiceKey&, DestEntry& entry) {
            table_.back().dests.push_back(entry);
            return true;
          });
    if (present_.phase == Phase::services) {
      auto entry = codec::decode_service(payload);
      if (entry) table_.push_back({std::move(*entry), {}});
      return entry.has_value();
    }
    auto& [service, dests] = table_[present_.service];
    const auto entry = codec::decode_dest(payload, service.key.family);
    if (entry) dests.push_back(*entry);
    return entry.has_value();
  }

  /// One request has been answered.
  Result<void> go_on(codec::Ack ack) {
    const Phase phase = present_.phase;
    // The answer of a module that does not know the command.
    if (phase == Phase::table && ack.code == EOPNOTSUPP) return ask(Phase::services);
    if (ack.code != 0) return failed(ack.code, std::move(ack.text), Origin::kernel);
    if (!present_.sound) return failed(EPROTO);
    if (present_.interrupted) {
      if (++attempts_ == kDumpAttempts) return failed(EINTR, never_whole());
      return ask(phase == Phase::table ? Phase::table : Phase::services);
    }
    const std::size_t next = phase == Phase::dests ? present_.service + 1 : 0;
    if (phase != Phase::table && next < table_.size()) return ask(Phase::dests, next);
    present_.phase = Phase::over;
    return {};
  }

  Result<void> ask(Phase phase, std::size_t service = 0) {
    present_ = {.phase = phase, .seq = socket_.next_seq(), .service = service};
    if (phase != Phase::dests) table_.clear();
    const codec::Envelope envelope{
        .family_id = socket_.family_id(), .flags = NLM_F_REQUEST | NLM_F_DUMP, .seq = present_.seq};
    const auto sent = socket_.send(
        phase == Phase::table      ? codec::encode_bare(IPVS_CMD_GET_TABLE, envelope)
        : phase == Phase::services ? codec::encode_bare(IPVS_CMD_GET_SERVICE, envelope)
                                   : codec::encode_get_dests(table_[service].service.key, envelope));
    if (!sent) return failed(sent.error());
    return {};
  }

  NetlinkSocket socket_;
  Question present_ = {};
  int attempts_ = 0;
  bool is_stepping_ = false;
  std::optional<Error> failure_;  ///< told again to whoever goes on nevertheless
  std::vector<ServiceWithDests> table_;
};

}  // namespace

StepsResult open_steps(std::unique_ptr<Link> link, NetlinkSocket::Absent absent) {
  auto steps = std::make_unique<NetlinkSteps>(std::move(link), absent);
  if (auto done = steps->open(); !done) return std::unexpected(std::move(done.error()));
  return steps;
}

}  // namespace ipvs::inline v1
