// SPDX-License-Identifier: GPL-2.0-or-later
#include "parse.hh"

#include <linux/ip_vs.h>
#include <netinet/in.h>

#include <algorithm>
#include <limits>

#include "format.hh"
#include "options.hh"
#include "scanner.hh"
#include "text.hh"
#include "values.hh"

namespace ipvsadm {
namespace {

constexpr std::int64_t kMaxTimeout = 31 * 24 * 3600;
constexpr std::uint32_t kDefaultPersistence = 360;
constexpr auto kMaxInt = std::numeric_limits<std::int32_t>::max();

using Checked = std::expected<void, UsageError>;

std::unexpected<UsageError> complain(std::string text, Failure failure = Failure::usage) {
  return std::unexpected(UsageError{std::move(text), exit_code::usage, failure});
}
std::unexpected<UsageError> bad_value(std::string text) { return complain(std::move(text), Failure::value); }
std::unexpected<UsageError> conflict(std::string text) { return complain(std::move(text), Failure::conflict); }

std::optional<std::uint32_t> daemon_state(const std::string& word) {
  if (word == "master") return IP_VS_STATE_MASTER;
  if (word == "backup") return IP_VS_STATE_BACKUP;
  return {};
}

/// Reads one command line. Values are checked when met, except those whose meaning hangs on options that may
/// stand behind them; rules about combinations come at the end.
class Parser {
 public:
  explicit Parser(Names& names) : names_(names) {
    service_.scheduler = "wlc";
    dest_.method = IP_VS_CONN_F_DROUTE;
    dest_.weight = 1;
    daemon_.interface = "eth0";
  }

  std::expected<Command, UsageError> run(const std::vector<std::string>& args);

 private:
  Checked read_verb(const Scanned& first);
  Checked read_option(const Scanned& option, const Scanner& scanner);
  Checked read_leftovers(Scanner& scanner);
  Checked settle();

  Checked mark(Option option);
  Checked address_service(std::uint16_t protocol, const std::string& word);
  Checked mark_service(const std::string& word);
  Checked ipv6();
  Checked persistent(const std::optional<std::string>& word);
  Checked netmask(const std::string& word);
  Checked real_server(const std::string& word);
  Checked method(std::uint32_t method);
  Checked name(Option option, const std::string& word, std::size_t max, std::string& into);
  Checked multicast_group(const std::string& word);
  template <typename T>
  Checked number(Option option, const std::string& word, std::int64_t min, std::int64_t max, T& into,
                   const char* what);
  Checked tunnel_flag(Option option, std::uint16_t flag);

  Checked read_netmask(const std::string& word);
  Checked read_real_server(const std::string& word);
  Checked read_sched_flags();
  Checked check_service() const;
  Checked check_server();
  std::expected<Command, UsageError> list() const;
  std::expected<Command, UsageError> command();

  Names& names_;
  Verb verb_ = Verb::list;
  OptionSet options_;
  ipvs::Service service_;
  bool has_netmask_ = false;
  std::optional<std::string> late_netmask_;
  std::string sched_flags_;
  ipvs::Dest dest_;
  std::optional<std::string> late_server_;
  ipvs::Daemon daemon_;
  ipvs::Timeouts timeouts_;
  std::vector<SysctlAction> sysctls_;
};

std::expected<Command, UsageError> Parser::run(const std::vector<std::string>& args) {
  Scanner scanner(args);
  const auto first = scanner.next();
  if (!first || first->id > Spelling::Id::version) return std::unexpected(try_help(args.front()));
  if (auto done = read_verb(*first); !done) return std::unexpected(std::move(done.error()));
  if (verb_ == Verb::help) return ShowHelp{};
  if (verb_ == Verb::version) return ShowVersion{};

  while (const auto option = scanner.next())
    if (auto done = read_option(*option, scanner); !done) return std::unexpected(std::move(done.error()));
  if (auto text = scanner.error(); !text.empty())
    return std::unexpected(UsageError{.text = std::move(text),
                                      .exit_code = exit_code::bad_option,
                                      .failure = Failure::usage,
                                      .ends_restore = false});

  if (auto done = read_leftovers(scanner); !done) return std::unexpected(std::move(done.error()));
  if (auto done = settle(); !done) return std::unexpected(std::move(done.error()));
  if (auto illegal = find_illegal(verb_, options_)) return complain(*illegal);
  auto made = command();
  if (made && options_.has(Option::ensure)) return Ensure{std::get<ipvs::Change>(std::move(*made))};
  return made;
}

Checked Parser::read_verb(const Scanned& first) {
  verb_ = static_cast<Verb>(static_cast<int>(first.id) - static_cast<int>(Spelling::Id::add_service));
  if (verb_ == Verb::sysctl && first.argument) {
    auto actions = parse_sysctl_actions(*first.argument);
    if (!actions) return bad_value(formatted("illegal sysctl `{}' specified", shown(actions.error())));
    sysctls_ = std::move(*actions);
  }
  if (verb_ != Verb::start_daemon && verb_ != Verb::stop_daemon) return {};
  const auto state = daemon_state(*first.argument);
  // The second text is that of stop-daemon; scripts may know it.
  if (!state)
    return bad_value(verb_ == Verb::start_daemon ? "illegal start-daemon parameter specified"
                                                 : "illegal start_daemon specified");
  daemon_.state = *state;
  return {};
}

Checked Parser::read_option(const Scanned& option, const Scanner& scanner) {
  const std::string word = option.argument.value_or("");
  using Id = Spelling::Id;
  switch (option.id) {
    case Id::tcp_service:
      return address_service(IPPROTO_TCP, word);
    case Id::udp_service:
      return address_service(IPPROTO_UDP, word);
    case Id::sctp_service:
      return address_service(IPPROTO_SCTP, word);
    case Id::fwmark_service:
      return mark_service(word);
    case Id::ipv6:
      return ipv6();
    case Id::scheduler:
      return name(Option::scheduler, word, IP_VS_SCHEDNAME_MAXLEN - 1, service_.scheduler);
    case Id::persistent:
      return persistent(option.argument);
    case Id::netmask:
      return netmask(word);
    case Id::pe:
      return name(Option::pe, word, IP_VS_PENAME_MAXLEN, service_.pe);
    case Id::sched_flags:
      sched_flags_ = word;
      return mark(Option::sched_flags);
    case Id::ops:
      service_.flags |= IP_VS_SVC_F_ONEPACKET;
      return mark(Option::ops);
    case Id::real_server:
      return real_server(word);
    case Id::gatewaying:
      return method(IP_VS_CONN_F_DROUTE);
    case Id::ipip:
      return method(IP_VS_CONN_F_TUNNEL);
    case Id::masquerading:
      return method(IP_VS_CONN_F_MASQ);
    case Id::weight:
      return number(Option::weight, word, 0, kMaxInt, dest_.weight, "weight");
    case Id::u_threshold:
      return number(Option::u_threshold, word, 0, kMaxInt, dest_.u_threshold, "u_threshold");
    case Id::l_threshold:
      return number(Option::l_threshold, word, 0, kMaxInt, dest_.l_threshold, "l_threshold");
    case Id::tun_type: {
      if (auto done = mark(Option::tun_type); !done) return done;
      const auto type = to_tunnel_type(word);
      if (!type) return bad_value("illegal tunnel type specified");
      dest_.tun_type = *type;
      return {};
    }
    case Id::tun_port:
      return number(Option::tun_port, word, 1, 65535, dest_.tun_port, "tunnel port");
    case Id::tun_nocsum:
      return tunnel_flag(Option::tun_nocsum, IP_VS_TUNNEL_ENCAP_FLAG_NOCSUM);
    case Id::tun_csum:
      return tunnel_flag(Option::tun_csum, IP_VS_TUNNEL_ENCAP_FLAG_CSUM);
    case Id::tun_remcsum:
      return tunnel_flag(Option::tun_remcsum, IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM);
    case Id::numeric:
      return mark(Option::numeric);
    case Id::connection:
      return mark(Option::connection);
    case Id::timeout:
      return mark(Option::timeout);
    case Id::daemon:
      return mark(Option::daemon);
    case Id::stats:
      return mark(Option::stats);
    case Id::rate:
      return mark(Option::rate);
    case Id::thresholds:
      return mark(Option::thresholds);
    case Id::persistent_conn:
      return mark(Option::persistent_conn);
    case Id::nosort:
      return mark(Option::nosort);
    case Id::tun_info:
      return mark(Option::tun_info);
    case Id::sort:
      return {};  // sorting has been the default for long
    case Id::exact:
      return mark(Option::exact);
    case Id::replace:
      return mark(Option::replace);
    case Id::atomic:
      return mark(Option::atomic);
    case Id::ensure:
      return mark(Option::ensure);
    case Id::json:
      return mark(Option::json);
    case Id::exit_codes:
      return mark(Option::exit_codes);
    case Id::mcast_interface:
      return name(Option::mcast_interface, word, IP_VS_IFNAME_MAXLEN - 1, daemon_.interface);
    case Id::syncid:
      return number(Option::syncid, word, 0, 255, daemon_.sync_id, "syncid");
    case Id::mcast_group:
      return multicast_group(word);
    case Id::mcast_port:
      return number(Option::mcast_port, word, 1, 65535, daemon_.port, "mcast-port");
    case Id::mcast_ttl:
      return number(Option::mcast_ttl, word, 1, 255, daemon_.ttl, "mcast-ttl");
    case Id::sync_maxlen:
      return number(Option::sync_maxlen, word, 1, 65535 - 20 - 8, daemon_.sync_maxlen, "sync-maxlen");
    default:
      return complain(formatted("invalid option `{}'", shown(scanner.as_typed())));
  }
}

Checked Parser::mark(Option option) {
  if (options_.has(option)) return complain(formatted("multiple '{}' options specified", tag_of(option)));
  options_.add(option);
  return {};
}

Checked Parser::address_service(std::uint16_t protocol, const std::string& word) {
  if (auto done = mark(Option::service); !done) return done;
  const auto endpoint = to_endpoint(word, protocol, names_);
  if (!endpoint) return bad_value("illegal virtual server address[:port] specified");
  service_.key = {.fwmark = 0,
                  .family = endpoint->addr.family,
                  .protocol = protocol,
                  .addr = endpoint->addr,
                  .port = endpoint->port.value_or(0)};
  return {};
}

Checked Parser::mark_service(const std::string& word) {
  if (auto done = mark(Option::service); !done) return done;
  const auto fwmark = to_fwmark(word, names_);
  if (!fwmark) return bad_value(formatted("invalid fwmark value `{}' specified", shown(word)));
  service_.key = {.fwmark = *fwmark, .family = AF_INET, .protocol = 0, .addr = {}, .port = 0};
  return {};
}

Checked Parser::ipv6() {
  if (service_.key.fwmark == 0) return complain("-6 used before -f\n");
  service_.key.family = AF_INET6;
  return {};
}

Checked Parser::persistent(const std::optional<std::string>& word) {
  if (auto done = mark(Option::persistent); !done) return done;
  service_.flags |= IP_VS_SVC_F_PERSISTENT;
  service_.timeout = kDefaultPersistence;
  if (!word) return {};
  const auto timeout = to_number(*word, 1, kMaxTimeout);
  if (!timeout) return bad_value(formatted("invalid timeout value `{}' specified", shown(*word)));
  service_.timeout = static_cast<std::uint32_t>(*timeout);
  return {};
}

Checked Parser::netmask(const std::string& word) {
  if (auto done = mark(Option::netmask); !done) return done;
  // The family may come later: with the service, or with -6 behind a mark.
  if (options_.has(Option::service) && service_.key.fwmark == 0) return read_netmask(word);
  late_netmask_ = word;
  return {};
}

Checked Parser::read_netmask(const std::string& word) {
  const auto mask = to_netmask(word, service_.key.family, names_);
  if (!mask)
    return bad_value(service_.key.family == AF_INET6 ? "illegal ipv6 netmask specified"
                                                     : "illegal virtual server persistent mask specified");
  service_.netmask = *mask;
  has_netmask_ = true;
  return {};
}

Checked Parser::real_server(const std::string& word) {
  if (auto done = mark(Option::server); !done) return done;
  // A port's name means what it means for the service's protocol.
  if (options_.has(Option::service)) return read_real_server(word);
  late_server_ = word;
  return {};
}

Checked Parser::read_real_server(const std::string& word) {
  const std::uint16_t protocol = service_.key.fwmark ? std::uint16_t{IPPROTO_TCP} : service_.key.protocol;
  const auto endpoint = to_endpoint(word, protocol, names_);
  if (!endpoint) return bad_value("illegal real server address[:port] specified");
  dest_.key.addr = endpoint->addr;
  dest_.key.port = endpoint->port.value_or(service_.key.port);
  return {};
}

Checked Parser::method(std::uint32_t method) {
  dest_.method = method;
  return mark(Option::forward);
}

Checked Parser::name(Option option, const std::string& word, std::size_t max, std::string& into) {
  if (auto done = mark(option); !done) return done;
  if (word.size() > max)
    return bad_value(formatted("{} `{}' is longer than {} characters", tag_of(option), shown(word), max));
  into = word;
  return {};
}

Checked Parser::multicast_group(const std::string& word) {
  if (auto done = mark(Option::mcast_group); !done) return done;
  const auto group = to_multicast_group(word);
  if (!group) {
    const int version = word.find(':') != std::string::npos ? 6 : 4;
    return bad_value(formatted("invalid IPv{} mcast-group `{}'", version, shown(word)));
  }
  daemon_.group = *group;
  return {};
}

template <typename T>
Checked Parser::number(Option option, const std::string& word, std::int64_t min, std::int64_t max, T& into,
                         const char* what) {
  if (auto done = mark(option); !done) return done;
  const auto value = to_number(word, min, max);
  if (!value) return bad_value(formatted("illegal {} specified", what));
  into = static_cast<T>(*value);
  return {};
}

Checked Parser::tunnel_flag(Option option, std::uint16_t flag) {
  dest_.tun_flags |= flag;
  return mark(option);
}

Checked Parser::read_leftovers(Scanner& scanner) {
  if (verb_ == Verb::set_timeout) {
    for (std::uint32_t* timeout : {&timeouts_.tcp, &timeouts_.tcp_fin, &timeouts_.udp}) {
      const auto word = scanner.leftover();
      if (!word) return complain("--set option requires 3 timeout values");
      const auto seconds = to_number(*word, 0, kMaxTimeout);
      if (!seconds) return bad_value(formatted("invalid timeout value `{}' specified", shown(*word)));
      *timeout = static_cast<std::uint32_t>(*seconds);
    }
  }
  if (const auto word = scanner.leftover()) return complain(formatted("unexpected argument {}", shown(*word)));
  return {};
}

/// Values that had to wait for the last option.
Checked Parser::settle() {
  if (late_netmask_)
    if (auto done = read_netmask(*late_netmask_); !done) return done;
  if (late_server_)
    if (auto done = read_real_server(*late_server_); !done) return done;
  if (!has_netmask_) service_.netmask = service_.key.family == AF_INET6 ? 128 : ~0U;
  return options_.has(Option::sched_flags) ? read_sched_flags() : Checked{};
}

Checked Parser::read_sched_flags() {
  struct Flag {
    const char* name;
    std::uint32_t bit;
    const char* scheduler;  // the only one that knows it; null: any
  };
  constexpr Flag kFlags[] = {
      {"sh-fallback", IP_VS_SVC_F_SCHED1, "sh"}, {"sh-port", IP_VS_SVC_F_SCHED2, "sh"},
      {"mh-fallback", IP_VS_SVC_F_SCHED1, "mh"}, {"mh-port", IP_VS_SVC_F_SCHED2, "mh"},
      {"flag-1", IP_VS_SVC_F_SCHED1, nullptr},   {"flag-2", IP_VS_SVC_F_SCHED2, nullptr},
      {"flag-3", IP_VS_SVC_F_SCHED3, nullptr},
  };

  bool any = false;
  for (std::size_t start = 0; start < sched_flags_.size();) {
    const std::size_t end = std::min(sched_flags_.find(',', start), sched_flags_.size());
    const std::string word = sched_flags_.substr(start, end - start);
    start = end + 1;
    if (word.empty()) continue;
    any = true;
    const Flag* found = nullptr;
    for (const Flag& flag : kFlags)
      if (word == flag.name) found = &flag;
    if (!found) return bad_value(formatted("invalid scheduler flag `{}'", shown(word)));
    if (found->scheduler && service_.scheduler != found->scheduler)
      return conflict(formatted("incompatible scheduler flag `{}'", shown(word)));
    service_.flags |= found->bit;
  }
  if (!any && !sched_flags_.empty())
    return bad_value(formatted("invalid scheduler flag `{}'", shown(sched_flags_)));
  return {};
}

Checked Parser::check_service() const {
  const ipvs::ServiceKey& key = service_.key;
  if (key.fwmark == 0 && key.port == 0 && !(service_.flags & IP_VS_SVC_F_PERSISTENT))
    return conflict("Zero port specified for non-persistent service");
  if (options_.has(Option::ops) && key.fwmark == 0 && key.protocol != IPPROTO_UDP)
    return conflict("One-Packet Scheduling is only for UDP virtual services");
  return {};
}

Checked Parser::check_server() {
  const ipvs::ServiceKey& key = service_.key;
  // Only translation can change a port; the others deliver to the port the client asked for.
  if (key.fwmark == 0 && (dest_.method == IP_VS_CONN_F_TUNNEL || dest_.method == IP_VS_CONN_F_DROUTE))
    dest_.key.port = key.port;
  if (dest_.key.addr.family != key.family && dest_.method != IP_VS_CONN_F_TUNNEL)
    return conflict("Different address family is allowed only for tunneling servers");

  bool tunnel_options = false;
  for (Option option :
       {Option::tun_type, Option::tun_port, Option::tun_nocsum, Option::tun_csum, Option::tun_remcsum})
    tunnel_options = tunnel_options || options_.has(option);
  if (!tunnel_options) return {};
  if (dest_.method != IP_VS_CONN_F_TUNNEL) return conflict("Tunnel options conflict with forward method");
  if (auto illegal = find_illegal_tunnel(dest_.tun_type, options_)) return complain(*illegal);
  return {};
}

std::expected<Command, UsageError> Parser::list() const {
  const bool other =
      options_.has(Option::connection) || options_.has(Option::timeout) || options_.has(Option::daemon);
  const bool counters =
      options_.has(Option::stats) || options_.has(Option::rate) || options_.has(Option::thresholds);
  const bool short_answer = options_.has(Option::timeout) || options_.has(Option::daemon);
  if ((other && counters) || (short_answer && options_.has(Option::persistent_conn)))
    return conflict("options conflicts in the list command");

  const bool numeric = options_.has(Option::numeric);
  const bool json = options_.has(Option::json);
  if (options_.has(Option::connection))
    return ListConnections{
        .numeric = numeric, .persistence = options_.has(Option::persistent_conn), .json = json};
  if (options_.has(Option::timeout)) return ShowTimeouts{json};
  if (options_.has(Option::daemon)) return ShowDaemons{json};

  ListServices list{.only = {},
                    .columns = Columns::plain,
                    .numeric = numeric,
                    .exact = options_.has(Option::exact),
                    .sorted = !options_.has(Option::nosort),
                    .json = json};
  if (options_.has(Option::service)) list.only = service_.key;
  constexpr std::pair<Option, Columns> kColumns[] = {{Option::stats, Columns::stats},
                                                     {Option::rate, Columns::rate},
                                                     {Option::thresholds, Columns::thresholds},
                                                     {Option::persistent_conn, Columns::persistent_conn},
                                                     {Option::tun_info, Columns::tun_info}};
  for (const auto& [option, columns] : kColumns) {
    if (!options_.has(option)) continue;
    list.columns = columns;
    break;
  }
  return list;
}

std::expected<Command, UsageError> Parser::command() {
  Checked done;
  if (verb_ == Verb::add_service || verb_ == Verb::edit_service) done = check_service();
  if (verb_ == Verb::add_server || verb_ == Verb::edit_server) done = check_server();
  if (!done) return std::unexpected(std::move(done.error()));

  const ipvs::ServiceKey& key = service_.key;
  ipvs::Daemon stopped;
  stopped.state = daemon_.state;
  switch (verb_) {
    case Verb::add_service:
      return ipvs::Change::add_service(service_);
    case Verb::edit_service:
      return ipvs::Change::edit_service(service_);
    case Verb::delete_service:
      return ipvs::Change::delete_service(key);
    case Verb::flush:
      return ipvs::Change::flush();
    case Verb::list:
      return list();
    case Verb::add_server:
      return ipvs::Change::add_dest(key, dest_);
    case Verb::edit_server:
      return ipvs::Change::edit_dest(key, dest_);
    case Verb::delete_server:
      return ipvs::Change::delete_dest(key, dest_.key);
    case Verb::set_timeout:
      return ipvs::Change::set_timeouts(timeouts_);
    case Verb::start_daemon:
      return ipvs::Change::start_daemon(daemon_);
    case Verb::stop_daemon:
      return ipvs::Change::stop_daemon(stopped);
    case Verb::restore:
      return Restore{options_.has(Option::atomic)    ? Restore::Mode::atomic
                     : options_.has(Option::replace) ? Restore::Mode::replace
                                                     : Restore::Mode::plain};
    case Verb::save:
      return Save{.numeric = options_.has(Option::numeric)};
    case Verb::zero:
      // The address and port zero have always meant everything.
      if (!options_.has(Option::service) || (key.fwmark == 0 && key.port == 0 && key.addr.is_zero()))
        return ipvs::Change::zero_all();
      return ipvs::Change::zero_service(key);
    case Verb::sysctl:
      return Sysctls{sysctls_, options_.has(Option::json)};
    case Verb::help:
      return ShowHelp{};
    case Verb::version:
      return ShowVersion{};
  }
  return ShowHelp{};
}

}  // namespace

UsageError try_help(const std::string& program) {
  return {formatted("Try `{0} -h' or '{0} --help' for more information.", shown(program)), exit_code::bad_option,
          Failure::usage};
}

std::expected<Command, UsageError> parse(const std::vector<std::string>& args, Names& names) {
  return Parser(names).run(args);
}

}  // namespace ipvsadm
