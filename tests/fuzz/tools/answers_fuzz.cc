// SPDX-License-Identifier: GPL-2.0-or-later
// What the library makes of the kernel's answers, whatever they are: each list and question over netlink, with answers from
// the input, and each decoder by itself. Input: pieces, each a byte of length, a byte for what becomes of it, bytes. One is a
// whole datagram, or what stands in a reply, a refusal or the end of a list; which request gets it, chance decides.
#include <linux/ip_vs.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>

#include "backend.hh"
#include "fake_link.hh"

namespace {

using bytes::Bytes;
using bytes::operator+;
namespace codec = ipvs::codec;

void check(bool holds) {
  if (!holds) std::abort();
}

class Input {
 public:
  explicit Input(codec::View rest) : rest_(rest) {}

  /// Datagrams for a request, up to one that ends an answer.
  void answer(Wire& wire, std::uint32_t seq) {
    while (rest_.size() >= 2) {
      const std::size_t length = std::min<std::size_t>(rest_[0], rest_.size() - 2);
      const std::uint8_t kind = rest_[1];
      const Bytes piece(rest_.begin() + 2, rest_.begin() + 2 + static_cast<std::ptrdiff_t>(length));
      rest_ = rest_.subspan(2 + length);
      // a dump that was changed meanwhile is asked for again
      const std::uint16_t flags = kind & 0x80 ? 0x10 : 0;
      switch (kind % 5) {
        case 0: wire.answer(piece); break;
        case 1: wire.answer(wire::reply(seq, piece, flags)); break;
        case 2: wire.answer(wire::reply(seq, piece, flags) + wire::ack(seq)); return;
        case 3: wire.answer(bytes::message(2, flags | (kind & 0x40 ? 0x300 : 0), seq, piece) + wire::ack(seq)); return;
        case 4: wire.answer(wire::reply(seq, piece, flags) + wire::done(seq, flags | 2)); return;
      }
    }
  }
  bool is_empty() const { return rest_.size() < 2; }

 private:
  codec::View rest_;
};

template <typename T>
void sound(const ipvs::Result<T>& result) {
  check(result || result.error().code != 0);
}

/// What is said of a service is what it would be made with: both ways over bytes it stays the same.
void there_and_back(const ipvs::ServiceEntry& entry) {
  const Bytes again = codec::encode(ipvs::Change::add_service(entry), {.family_id = 1, .flags = 1, .seq = 1});
  codec::View view(again);
  const auto message = codec::take_message(view);
  check(message && view.empty());
  const auto read = codec::decode_service(message->payload);
  ipvs::ServiceEntry wanted = entry;
  wanted.stats = {};
  wanted.netmask = entry.mask();
  check(read == wanted);
}

void decode(codec::View bytes) {
  const auto all = [](codec::View payload) {
    if (const auto service = codec::decode_service(payload)) there_and_back(*service);
    for (const std::uint16_t family : {AF_INET, AF_INET6, AF_UNSPEC}) {
      const auto dest = codec::decode_dest(payload, family);
      check(!dest || dest->key.addr.family == AF_INET || dest->key.addr.family == AF_INET6);
    }
    codec::TableReader reader;
    std::optional<ipvs::ServiceKey> last;
    reader.read(
        payload,
        [&](ipvs::ServiceEntry& entry) {
          last = entry.key;
          return true;
        },
        [&](const ipvs::ServiceKey& key, ipvs::DestEntry&) {
          check(key == last);
          return true;
        });
    std::size_t seen = 0;
    codec::decode_connections(payload, [&](ipvs::Connection& each) {
      check(each.client.family == AF_INET || each.client.family == AF_INET6);
      return ++seen < 5;
    });
    check(seen <= 5);
    codec::decode_timeouts(payload);
    codec::decode_info(payload);
    codec::decode_daemon(payload);
  };
  all(bytes);
  std::size_t left = bytes.size();
  while (const auto message = codec::take_message(bytes)) {
    check(bytes.size() < left);
    left = bytes.size();
    const auto ack = codec::decode_ack(*message);
    check(!ack || ack->code >= 0);
    codec::decode_family(*message);
    all(message->payload);
  }
}

void ask_everything(ipvs::Backend& backend) {
  const ipvs::ServiceKey key{.fwmark = 7, .family = AF_INET, .protocol = 0, .addr = {}, .port = 0};
  sound(backend.info());
  sound(backend.timeouts());
  sound(backend.daemons());
  sound(backend.service(key));
  std::size_t visits = 0;
  sound(backend.for_each_service([&](ipvs::ServiceEntry&) { return ++visits < 3; }));
  check(visits <= 3);
  sound(backend.for_each_dest(key, [](ipvs::DestEntry&) { return true; }));
  visits = 0;
  sound(backend.for_each_connection({}, [&](ipvs::Connection&) { return ++visits < 3; }));
  check(visits <= 3);
  std::optional<ipvs::Timeouts> timeouts;
  sound(backend.for_each([](ipvs::ServiceEntry&) { return true; },
                         [](const ipvs::ServiceKey&, ipvs::DestEntry&) { return true; }, timeouts));
  const ipvs::Change changes[] = {ipvs::Change::flush(), ipvs::Change::zero_all(), ipvs::Change::delete_service(key)};
  std::vector<ipvs::Remark> remarks;
  const auto outcome = backend.apply(changes, remarks);
  check(outcome.size() == std::size(changes));
  for (const auto& each : outcome) sound(each);
  ipvs::Table table;
  table.services.resize(2);
  table.services[1].dests.resize(2);
  const auto replaced = backend.replace_table(table, remarks);
  check(replaced || replaced.error().error.code != 0);
  auto steps = backend.list();
  sound(steps);
  if (!steps) return;
  for (int i = 0; i < 20; ++i) {
    const auto done = (*steps)->step();
    sound(done);
    if (!done) return;
    if (!*done) continue;
    (*steps)->take();
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  decode({data, size});
  Input input({data, size});
  auto wire = std::make_shared<Wire>();
  wire->kernel = [&](Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    if (request.message.type == 0x10) return w.answer(wire::family(seq));
    input.answer(w, seq);
  };
  auto backend = ipvs::open_netlink(std::make_unique<FakeLink>(wire));
  check(backend.has_value());
  ask_everything(**backend);
  return 0;
}
