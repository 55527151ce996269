// SPDX-License-Identifier: GPL-2.0-or-later
// Random requests to the kernel, over netlink and by socket options. Most are well formed but for one or two details,
// and speak of few services and servers, so that many of them get far; the rest is damaged in every way.
#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../dice.hh"
#include "control.hh"
#include "ipvs/kernel.h"
#include "options.hh"

namespace control {
namespace {

using lab::Dice;

using Bytes = std::vector<std::uint8_t>;

/// Attributes behind each other, some of them with a wrong length.
class Writer {
 public:
  explicit Writer(Dice& dice) : dice_(dice) {}

  Bytes bytes;

  void raw(int type, const void* data, std::size_t size) {
    const std::size_t start = open(type);
    const auto* from = static_cast<const std::uint8_t*>(data);
    bytes.insert(bytes.end(), from, from + size);
    close(start);
  }
  template <typename T>
  void value(int type, T value) {
    // Sometimes longer or shorter than it should be.
    std::uint64_t wide = value;
    raw(type, &wide, dice_.one_in(60) ? dice_.below(9) : sizeof(T));
  }
  void text(int type, const std::string& text) { raw(type, text.c_str(), text.size() + (dice_.one_in(60) ? 0 : 1)); }

  std::size_t open(int type) {
    const std::size_t start = bytes.size();
    const nlattr head{0, static_cast<std::uint16_t>(type)};
    const auto* from = reinterpret_cast<const std::uint8_t*>(&head);
    bytes.insert(bytes.end(), from, from + sizeof(head));
    return start;
  }
  void close(std::size_t start) {
    std::size_t length = bytes.size() - start;
    if (dice_.one_in(400)) length = dice_.below(0x10000);
    const auto written = static_cast<std::uint16_t>(length);
    std::memcpy(&bytes[start], &written, sizeof(written));
    bytes.resize(NLA_ALIGN(bytes.size()));
  }

 private:
  Dice& dice_;
};

constexpr const char* kSchedulers[] = {"rr", "wrr", "lc", "wlc", "sed", "nq", "fo", "ovf", "dh", "sh", "mh",
                                       "lblc", "lblcr", "none"};

/// What the requests speak of. Each member is left out now and then.
class Objects {
 public:
  Objects(Dice& dice, Writer& out) : dice_(dice), out_(out) {}

  void service(bool full, int type = IPVS_CMD_ATTR_SERVICE) {
    const std::size_t nest = out_.open(dice_.one_in(2) ? type | NLA_F_NESTED : type);
    const bool is_v6 = dice_.one_in(6);
    if (!left_out()) out_.value<std::uint16_t>(IPVS_SVC_ATTR_AF, dice_.one_in(80) ? dice_.number() : is_v6 ? AF_INET6 : AF_INET);
    if (dice_.one_in(5)) {
      out_.value<std::uint32_t>(IPVS_SVC_ATTR_FWMARK, dice_.one_in(20) ? dice_.number() : 1 + dice_.below(2));
    } else {
      static constexpr std::uint16_t kProtocols[] = {IPPROTO_TCP, IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};
      if (!left_out())
        out_.value<std::uint16_t>(IPVS_SVC_ATTR_PROTOCOL, dice_.one_in(50) ? dice_.number() : dice_.of(kProtocols));
      if (!left_out()) address(IPVS_SVC_ATTR_ADDR, is_v6, true);
      if (!left_out()) out_.value<std::uint16_t>(IPVS_SVC_ATTR_PORT, htons(port()));
    }
    if (full) service_options();
    strange(IPVS_SVC_ATTR_MAX);
    out_.close(nest);
  }

  void wanted_connections() {
    const auto end = [this](int addr, int port) {
      if (dice_.one_in(6)) {
        const std::uint8_t bytes[16] = {10, 1, 0, static_cast<std::uint8_t>(dice_.below(3))};
        out_.raw(addr, bytes, dice_.one_in(8) ? dice_.below(17) : dice_.one_in(3) ? 16 : 4);
      }
      if (dice_.one_in(6)) out_.value<std::uint16_t>(port, htons(this->port()));
    };
    if (dice_.one_in(3)) out_.value<std::uint16_t>(IPVS_CONN_ATTR_PROTOCOL, dice_.one_in(2) ? 6 : dice_.number());
    end(IPVS_CONN_ATTR_CLIENT, IPVS_CONN_ATTR_CLIENT_PORT);
    end(IPVS_CONN_ATTR_VIRT, IPVS_CONN_ATTR_VIRT_PORT);
    end(IPVS_CONN_ATTR_DEST, IPVS_CONN_ATTR_DEST_PORT);
    if (dice_.one_in(6)) out_.text(IPVS_CONN_ATTR_STATE, dice_.one_in(3) ? "NO STATE IS THAT LONG" : "SYN_RECV");
    if (dice_.one_in(30)) out_.value<std::uint32_t>(IPVS_CONN_ATTR_EXPIRES, dice_.number());
  }

  void dest(bool full, int type = IPVS_CMD_ATTR_DEST) {
    const std::size_t nest = out_.open(dice_.one_in(2) ? type | NLA_F_NESTED : type);
    const bool is_v6 = dice_.one_in(4);
    if (!left_out()) address(IPVS_DEST_ATTR_ADDR, is_v6, false);
    if (!left_out()) out_.value<std::uint16_t>(IPVS_DEST_ATTR_PORT, htons(port()));
    if (is_v6 || dice_.one_in(3)) out_.value<std::uint16_t>(IPVS_DEST_ATTR_ADDR_FAMILY, is_v6 ? AF_INET6 : dice_.one_in(40) ? dice_.number() : AF_INET);
    if (full) dest_options(is_v6);
    strange(IPVS_DEST_ATTR_MAX);
    out_.close(nest);
  }

  void daemon() {
    const std::size_t nest = out_.open(IPVS_CMD_ATTR_DAEMON);
    out_.value<std::uint32_t>(IPVS_DAEMON_ATTR_STATE, dice_.below(4));
    out_.text(IPVS_DAEMON_ATTR_MCAST_IFN, dice_.one_in(4) ? std::string(dice_.below(40), 'x') : "d0");
    out_.value<std::uint32_t>(IPVS_DAEMON_ATTR_SYNC_ID, dice_.one_in(2) ? dice_.below(256) : dice_.number());
    if (dice_.one_in(2)) out_.value<std::uint16_t>(IPVS_DAEMON_ATTR_SYNC_MAXLEN, dice_.number());
    if (dice_.one_in(4)) out_.value<std::uint32_t>(IPVS_DAEMON_ATTR_MCAST_GROUP, dice_.number());
    strange(IPVS_DAEMON_ATTR_MAX);
    out_.close(nest);
  }

  void timeouts() {
    for (int type : {IPVS_CMD_ATTR_TIMEOUT_TCP, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, IPVS_CMD_ATTR_TIMEOUT_UDP})
      if (dice_.one_in(2)) out_.value<std::uint32_t>(type, dice_.one_in(10) ? dice_.number() : 1 + dice_.below(1000));
  }

  void table() {
    for (unsigned services = dice_.below(8); services > 0; --services) {
      service(true);
      for (unsigned dests = dice_.below(6); dests > 0; --dests) dest(true);
    }
    if (dice_.one_in(3)) timeouts();
    if (dice_.one_in(40)) daemon();
  }

  /// An attribute of any type with any bytes.
  void strange(int max) {
    if (!dice_.one_in(40)) return;
    Bytes noise(dice_.below(40));
    for (auto& byte : noise) byte = static_cast<std::uint8_t>(dice_.bits());
    out_.raw(static_cast<int>(dice_.below(static_cast<unsigned>(max) + 4)), noise.data(), noise.size());
  }

 private:
  bool left_out() { return dice_.one_in(100); }
  /// Mostly the same, so that requests meet.
  std::uint16_t port() { return dice_.one_in(5) ? 81 : 80; }

  void address(int type, bool is_v6, bool is_virtual) {
    std::uint8_t bytes[16] = {};
    if (is_v6) {
      inet_pton(AF_INET6, is_virtual ? "fd01::100" : "fd02:1::2", bytes);
    } else {
      inet_pton(AF_INET, is_virtual ? "10.1.0.100" : "10.2.1.2", bytes);
    }
    if (!is_virtual) bytes[is_v6 ? 15 : 3] = static_cast<std::uint8_t>(2 + dice_.below(3));
    if (dice_.one_in(50)) bytes[dice_.below(16)] = static_cast<std::uint8_t>(dice_.bits());
    out_.raw(type, bytes, dice_.one_in(60) ? dice_.below(17) : sizeof(bytes));
  }

  void service_options() {
    if (!left_out())
      out_.text(IPVS_SVC_ATTR_SCHED_NAME,
                dice_.one_in(60) ? std::string(dice_.below(20), static_cast<char>(dice_.bits())) : dice_.of(kSchedulers));
    if (dice_.one_in(100)) out_.text(IPVS_SVC_ATTR_PE_NAME, std::string(dice_.below(20), 'p'));
    const ip_vs_flags flags{dice_.one_in(4) ? dice_.number() : 0, dice_.one_in(4) ? dice_.number() : ~0U};
    if (!left_out()) out_.raw(IPVS_SVC_ATTR_FLAGS, &flags, dice_.one_in(60) ? dice_.below(9) : sizeof(flags));
    if (!left_out()) out_.value<std::uint32_t>(IPVS_SVC_ATTR_TIMEOUT, dice_.one_in(10) ? dice_.number() : 30);
    if (!left_out()) out_.value<std::uint32_t>(IPVS_SVC_ATTR_NETMASK, dice_.one_in(10) ? dice_.number() : 1 + dice_.below(128));
  }

  void dest_options(bool is_v6) {
    if (!left_out()) out_.value<std::uint32_t>(IPVS_DEST_ATTR_FWD_METHOD, dice_.one_in(20) ? dice_.number() : is_v6 ? IP_VS_CONN_F_TUNNEL : dice_.below(4));
    if (!left_out()) out_.value<std::uint32_t>(IPVS_DEST_ATTR_WEIGHT, dice_.one_in(10) ? dice_.number() : dice_.below(100));
    if (!left_out()) out_.value<std::uint32_t>(IPVS_DEST_ATTR_U_THRESH, dice_.one_in(10) ? dice_.number() : 0);
    if (!left_out()) out_.value<std::uint32_t>(IPVS_DEST_ATTR_L_THRESH, dice_.one_in(20) ? dice_.number() : 0);
    if (dice_.one_in(4)) out_.value<std::uint8_t>(IPVS_DEST_ATTR_TUN_TYPE, dice_.below(4));
    if (dice_.one_in(4)) out_.value<std::uint16_t>(IPVS_DEST_ATTR_TUN_PORT, dice_.number());
    if (dice_.one_in(4)) out_.value<std::uint16_t>(IPVS_DEST_ATTR_TUN_FLAGS, dice_.below(5));
  }

  Dice& dice_;
  Writer& out_;
};

/// What is never taken: a reply.
constexpr unsigned kNeverTaken[] = {IPVS_CMD_SET_INFO};

constexpr unsigned kCommands[] = {
    IPVS_CMD_NEW_SERVICE, IPVS_CMD_SET_SERVICE, IPVS_CMD_DEL_SERVICE, IPVS_CMD_GET_SERVICE, IPVS_CMD_NEW_DEST,
    IPVS_CMD_SET_DEST,    IPVS_CMD_DEL_DEST,    IPVS_CMD_GET_DEST,    IPVS_CMD_NEW_DAEMON,  IPVS_CMD_DEL_DAEMON,
    IPVS_CMD_GET_DAEMON,  IPVS_CMD_SET_CONFIG,  IPVS_CMD_GET_CONFIG,  IPVS_CMD_SET_INFO,    IPVS_CMD_GET_INFO,
    IPVS_CMD_ZERO,        IPVS_CMD_FLUSH,       IPVS_CMD_GET_TABLE,   IPVS_CMD_SET_TABLE,
    IPVS_CMD_GET_CONN};

bool is_dump(unsigned command, Dice& dice) {
  switch (command) {
    case IPVS_CMD_GET_DEST:
    case IPVS_CMD_GET_DAEMON:
    case IPVS_CMD_GET_TABLE:
    case IPVS_CMD_GET_CONN:
      return !dice.one_in(20);
    case IPVS_CMD_GET_SERVICE:
      return dice.one_in(2);
    default:
      return dice.one_in(60);
  }
}

void write_body(unsigned command, Objects& objects, Dice& dice) {
  switch (command) {
    case IPVS_CMD_NEW_SERVICE:
    case IPVS_CMD_SET_SERVICE:
      return objects.service(true);
    case IPVS_CMD_DEL_SERVICE:
    case IPVS_CMD_GET_SERVICE:
    case IPVS_CMD_GET_DEST:
      return objects.service(false);
    case IPVS_CMD_NEW_DEST:
    case IPVS_CMD_SET_DEST:
    case IPVS_CMD_DEL_DEST:
      objects.service(false);
      return objects.dest(command != IPVS_CMD_DEL_DEST);
    case IPVS_CMD_NEW_DAEMON:
    case IPVS_CMD_DEL_DAEMON:
      return objects.daemon();
    case IPVS_CMD_SET_CONFIG:
      return objects.timeouts();
    case IPVS_CMD_ZERO:
      if (dice.one_in(2)) objects.service(false);
      return;
    case IPVS_CMD_SET_TABLE:
      return objects.table();
    case IPVS_CMD_GET_CONN:
      return objects.wanted_connections();
    default:
      return;
  }
}

/// One message; damaged now and then.
Bytes message(unsigned command, std::uint16_t family, std::uint32_t seq, Dice& dice) {
  Writer out(dice);
  out.bytes.resize(NLMSG_HDRLEN + GENL_HDRLEN);
  Objects objects(dice, out);
  write_body(command, objects, dice);
  objects.strange(IPVS_CMD_ATTR_MAX);
  if (dice.one_in(60)) {
    for (unsigned n = 1 + dice.below(4); n > 0; --n)
      out.bytes[dice.below(static_cast<unsigned>(out.bytes.size()))] = static_cast<std::uint8_t>(dice.bits());
  }
  if (dice.one_in(100)) out.bytes.resize(NLMSG_HDRLEN + dice.below(static_cast<unsigned>(out.bytes.size())));

  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(out.bytes.size());
  header.nlmsg_type = family;
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  if (is_dump(command, dice)) header.nlmsg_flags |= NLM_F_DUMP;
  header.nlmsg_seq = seq;
  std::memcpy(out.bytes.data(), &header, sizeof(header));
  if (out.bytes.size() >= NLMSG_HDRLEN + GENL_HDRLEN) {
    const genlmsghdr genl{static_cast<std::uint8_t>(command), 1, 0};
    std::memcpy(out.bytes.data() + NLMSG_HDRLEN, &genl, sizeof(genl));
  }
  return std::move(out.bytes);
}

/// How often requests were taken and refused: of those that can be taken, each a kind and a number.
class Tally {
 public:
  void expect(std::string_view kind, unsigned number) { counts_[{kind, number}]; }
  void count(std::string_view kind, unsigned number, int error) {
    const auto seen = counts_.find({kind, number});
    if (seen != counts_.end()) ++(error == 0 ? seen->second.taken : seen->second.refused);
  }
  /// The first request that was not both taken and refused yet, if any.
  std::optional<unsigned> incomplete() const {
    const auto found =
        std::ranges::find_if(counts_, [](const auto& each) { return each.second.taken == 0 || each.second.refused == 0; });
    if (found == counts_.end()) return std::nullopt;
    return found->first.second;
  }
  void report() const {
    for (const auto& [request, seen] : counts_)
      std::printf("%.*s %u taken %lu refused %lu\n", static_cast<int>(request.first.size()), request.first.data(),
                  request.second, seen.taken, seen.refused);
  }

 private:
  struct Count {
    unsigned long taken = 0, refused = 0;
  };
  std::map<std::pair<std::string_view, unsigned>, Count> counts_;
};

/// Chance may leave out one of the rarer outcomes; then up to this many times the requests asked for are made.
constexpr unsigned long kMostRounds = 20;

class NetlinkFuzzer {
 public:
  explicit NetlinkFuzzer(unsigned long seed) : dice_(seed) {
    for (unsigned command : kCommands)
      if (std::ranges::find(kNeverTaken, command) == std::end(kNeverTaken)) tally_.expect(kKind, command);
    open();
  }
  ~NetlinkFuzzer() { close(fd_); }
  NetlinkFuzzer(const NetlinkFuzzer&) = delete;
  NetlinkFuzzer& operator=(const NetlinkFuzzer&) = delete;

  void run(unsigned long count) {
    for (unsigned long sent = 0; sent < count || (tally_.incomplete() && sent < kMostRounds * count);) {
      Bytes bytes;
      for (unsigned n = 1 + dice_.below(16); n > 0; --n, ++sent) {
        // A table empties the rest, so it comes less often than what fills it.
        unsigned command = dice_.one_in(200) ? dice_.below(256) : dice_.of(kCommands);
        if ((command == IPVS_CMD_FLUSH || command == IPVS_CMD_SET_TABLE) && !dice_.one_in(8))
          command = dice_.one_in(2) ? IPVS_CMD_NEW_DEST : IPVS_CMD_NEW_SERVICE;
        // One flush in a hundred is refused, of a hundred messages one is a flush: chance alone may take too long.
        if (const auto rare = tally_.incomplete(); rare && sent >= count && dice_.one_in(2)) command = *rare;
        const Bytes one = message(command, family_, ++seq_, dice_);
        command_of_[seq_] = command;
        bytes.insert(bytes.end(), one.begin(), one.end());
        bytes.resize(NLMSG_ALIGN(bytes.size()));
      }
      if (send(fd_, bytes.data(), bytes.size(), 0) < 0 && errno != ENOBUFS) fail("cannot send");
      take_answers();
      // Sometimes the socket goes before its dump has ended.
      if (dice_.one_in(50)) {
        close(fd_);
        open();
      }
    }
  }

  void report() const { tally_.report(); }

 private:
  void open() {
    fd_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
    if (fd_ < 0) fail("no netlink socket");
    const int on = 1, room = 1 << 20;
    if (dice_.one_in(2)) setsockopt(fd_, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
    if (dice_.one_in(2)) setsockopt(fd_, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
    setsockopt(fd_, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
    command_of_.clear();
    if (family_ == 0) resolve();
  }

  void resolve() {
    struct {
      nlmsghdr header;
      genlmsghdr genl;
      nlattr attr;
      char name[8];
    } request{};
    request.header = {sizeof(request), GENL_ID_CTRL, NLM_F_REQUEST, 1, 0};
    request.genl = {CTRL_CMD_GETFAMILY, 1, 0};
    request.attr = {NLA_HDRLEN + sizeof(IPVS_GENL_NAME), CTRL_ATTR_FAMILY_NAME};
    std::memcpy(request.name, IPVS_GENL_NAME, sizeof(IPVS_GENL_NAME));
    if (send(fd_, &request, sizeof(request), 0) < 0) fail("cannot ask for the family");
    const ssize_t size = recv(fd_, buffer_.data(), buffer_.size(), 0);
    for (ssize_t at = NLMSG_HDRLEN + GENL_HDRLEN; at + NLA_HDRLEN <= size;) {
      nlattr attr;
      std::memcpy(&attr, &buffer_[static_cast<std::size_t>(at)], sizeof(attr));
      if (attr.nla_len < NLA_HDRLEN) break;
      if (attr.nla_type == CTRL_ATTR_FAMILY_ID)
        std::memcpy(&family_, &buffer_[static_cast<std::size_t>(at) + NLA_HDRLEN], sizeof(family_));
      at += NLA_ALIGN(attr.nla_len);
    }
    if (family_ == 0) fail("no family IPVS");
  }

  /// What has come so far; a dump may go on in the next round, or never.
  void take_answers() {
    for (;;) {
      const ssize_t size = recv(fd_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (size < 0) return;
      for (std::size_t at = 0; at + NLMSG_HDRLEN <= static_cast<std::size_t>(size);) {
        nlmsghdr header;
        std::memcpy(&header, &buffer_[at], sizeof(header));
        int code = 0;
        if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE) {
          std::memcpy(&code, &buffer_[at + NLMSG_HDRLEN], sizeof(code));
          const auto command = command_of_.find(header.nlmsg_seq);
          if (command != command_of_.end()) tally_.count(kKind, command->second, code);
        }
        if (header.nlmsg_len < NLMSG_HDRLEN) break;
        at += NLMSG_ALIGN(header.nlmsg_len);
      }
      if (dice_.one_in(10)) return;
    }
  }

  static constexpr const char* kKind = "command";

  Dice dice_;
  int fd_ = -1;
  std::uint16_t family_ = 0;
  std::uint32_t seq_ = 0;
  std::array<std::uint8_t, 65536> buffer_{};
  std::map<std::uint32_t, unsigned> command_of_;
  Tally tally_;
};

ServiceAndDest pair(Dice& dice) {
  static constexpr std::uint16_t kProtocols[] = {IPPROTO_TCP, IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};
  ServiceAndDest both{};
  auto& svc = both.service;
  svc.protocol = static_cast<std::uint16_t>(dice.one_in(20) ? dice.number() : dice.of(kProtocols));
  svc.addr = inet_addr("10.1.0.100");
  svc.port = htons(dice.one_in(5) ? 81 : 80);
  if (dice.one_in(5)) svc.fwmark = 1 + dice.below(2);
  std::strncpy(svc.sched_name, dice.of(kSchedulers), sizeof(svc.sched_name) - 1);
  if (dice.one_in(30)) std::memset(svc.sched_name, static_cast<int>(dice.below(256)), sizeof(svc.sched_name));
  svc.flags = dice.one_in(4) ? dice.number() : 0;
  svc.timeout = dice.one_in(10) ? dice.number() : 30;
  svc.netmask = ~0U;
  auto& dest = both.dest;
  dest.addr = htonl(0x0a020102 + dice.below(3));
  dest.port = svc.port;
  dest.conn_flags = dice.one_in(3) ? dice.number() : dice.below(4);
  dest.weight = static_cast<int>(dice.one_in(10) ? dice.number() : dice.below(100));
  dest.u_threshold = dice.one_in(10) ? dice.number() : 0;
  dest.l_threshold = dice.one_in(20) ? dice.number() : 0;
  return both;
}

}  // namespace

int fuzz_netlink(Words words) {
  if (words.size() != 2) fail("fuzz-netlink needs a number of messages and a seed");
  NetlinkFuzzer fuzzer(number(words[1]));
  fuzzer.run(number(words[0]));
  fuzzer.report();
  return 0;
}

int fuzz_options(Words words) {
  if (words.size() != 2) fail("fuzz-options needs a number of calls and a seed");
  static constexpr unsigned kLengths[] = {0, 8, 12, 24, 44, 48, 64, 68, 104};
  const OptionSocket socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  Dice dice(number(words[1]));
  Tally tally;
  // those that can be taken, above IP_VS_BASE_CTL
  for (unsigned option : {2, 3, 4, 7, 8, 9, 10, 15}) tally.expect("set", option);
  for (unsigned option : {0, 1, 2, 3, 4, 6, 7}) tally.expect("get", option);
  std::vector<std::uint64_t> buffer(8192);
  const unsigned long count = number(words[0]);
  for (unsigned long called = 0; called < count || (tally.incomplete() && called < kMostRounds * count); ++called) {
    const bool is_set = dice.one_in(2);
    // Emptying everything comes less often.
    int option = IP_VS_BASE_CTL - 1 + static_cast<int>(dice.below(18));
    if (is_set && option == IP_VS_SO_SET_FLUSH && !dice.one_in(10)) option = IP_VS_SO_SET_ADDDEST;
    unsigned length = dice.one_in(2) ? dice.of(kLengths) : dice.below(201);
    if (dice.one_in(100)) length = dice.number();
    const bool has_dest = option == IP_VS_SO_SET_ADDDEST || option == IP_VS_SO_SET_EDITDEST || option == IP_VS_SO_SET_DELDEST;
    if (is_set && dice.one_in(2)) length = has_dest ? 68 : 44;
    const auto both = pair(dice);
    auto* bytes = reinterpret_cast<std::uint8_t*>(buffer.data());
    std::memcpy(bytes, &both, sizeof(both));
    if (is_set && option == IP_VS_SO_SET_TIMEOUT && dice.one_in(2)) {
      const ip_vs_timeout_user timeouts{static_cast<int>(dice.below(1000)), 100, 300};
      std::memcpy(bytes, &timeouts, sizeof(timeouts));
      length = sizeof(timeouts);
    }
    if (!is_set && dice.one_in(2)) {
      // Listings: a number of entries, mostly the one that the length says.
      const unsigned entries = dice.below(5);
      ip_vs_get_dests head{};
      head.protocol = both.service.protocol;
      head.addr = both.service.addr;
      head.port = both.service.port;
      head.num_dests = dice.one_in(5) ? dice.number() : entries;
      std::memcpy(bytes, &head, sizeof(head));
      if (option == IP_VS_SO_GET_DESTS) length = static_cast<unsigned>(sizeof(head) + entries * sizeof(ip_vs_dest_entry));
      if (option == IP_VS_SO_GET_SERVICES) {
        std::memcpy(bytes, &entries, sizeof(entries));
        length = static_cast<unsigned>(sizeof(ip_vs_get_services) + entries * sizeof(ip_vs_service_entry));
      }
    }
    if (dice.one_in(30))
      for (unsigned k = 0; k < 4; ++k) bytes[dice.below(200)] = static_cast<std::uint8_t>(dice.bits());
    void* pointer = dice.one_in(100) ? reinterpret_cast<void*>(dice.bits()) : bytes;
    // A wild pointer must not make the kernel write into this program.
    if (pointer != bytes) pointer = reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(pointer) | 0xffff800000000000);
    const int error = is_set ? socket.set(option, pointer, length) : socket.get(option, pointer, length);
    tally.count(is_set ? "set" : "get", static_cast<unsigned>(option - IP_VS_BASE_CTL), error);
  }
  tally.report();
  return 0;
}

}  // namespace control
