// SPDX-License-Identifier: GPL-2.0-or-later
#include "grammar/parse.hh"

#include <linux/ip_vs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cctype>
#include <limits>

#include "base/format.hh"
#include "base/vocabulary.hh"
#include "base/words.hh"
#include "grammar/options.hh"
#include "grammar/scanner.hh"
#include "grammar/values.hh"

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
  Checked read_verb(const std::optional<std::string>& word);
  Checked read_option(const Scanned& scanned, const Scanner& scanner);
  Checked read_value(Option option, const std::optional<std::string>& argument);
  Checked read_leftovers(Scanner& scanner);
  Checked settle();

  Checked mark(Option option);
  Checked address_service(std::uint16_t protocol, const std::string& word);
  Checked mark_service(const std::string& word);
  Checked ipv6();
  Checked persistent(const std::optional<std::string>& word);
  Checked netmask(const std::string& word);
  Checked real_server(const std::string& word);
  Checked name(Option option, const std::string& word, std::size_t max, std::string& into);
  Checked multicast_group(const std::string& word);
  Checked peers(const std::string& word);
  Checked key_file(const std::string& word);
  template <typename T>
  Checked number(const std::string& word, std::int64_t min, std::int64_t max, T& into, const char* what);

  Checked read_netmask(const std::string& word);
  Checked read_real_server(const std::string& word);
  Checked read_sched_flags();
  Checked check_service() const;
  Checked check_server();
  Checked check_daemon() const;
  Checked check_save() const;
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
  ipvs::DaemonConfig daemon_;
  std::string key_file_;
  ipvs::Timeouts timeouts_;
  std::vector<SysctlAction> sysctls_;
  bool check_asks_ = true;
};

std::expected<Command, UsageError> Parser::run(const std::vector<std::string>& args) {
  Scanner scanner(args);
  const auto first = scanner.next();
  const Verb* verb = first ? std::get_if<Verb>(&first->what) : nullptr;
  if (!verb) return std::unexpected(try_help(args.front()));
  verb_ = *verb;
  if (auto done = read_verb(first->argument); !done) return std::unexpected(std::move(done.error()));
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
  if (!made || !options_.has(Option::ensure)) return made;
  if (auto* start = std::get_if<StartWithKey>(&*made)) {
    start->ensure = true;
    return made;
  }
  return Ensure{std::get<ipvs::Change>(std::move(*made))};
}

/// The command's own argument.
Checked Parser::read_verb(const std::optional<std::string>& word) {
  if (verb_ == Verb::sysctl && word) {
    auto actions = parse_sysctl_actions(*word);
    if (!actions) return bad_value(formatted("illegal sysctl `{}' specified", shown(actions.error())));
    sysctls_ = std::move(*actions);
  }
  if (verb_ == Verb::check && word && *word != "passive")
    return bad_value(formatted("illegal check `{}' specified: it is passive, or nothing", shown(*word)));
  if (verb_ == Verb::check) check_asks_ = !word;
  if (verb_ != Verb::start_daemon && verb_ != Verb::stop_daemon) return {};
  for (const DaemonState& state : daemon_states())
    if (*word == state.name) daemon_.state = state.number;
  // The second text is that of stop-daemon; scripts may know it.
  if (daemon_.state == 0)
    return bad_value(verb_ == Verb::start_daemon ? "illegal start-daemon parameter specified"
                                                 : "illegal start_daemon specified");
  return {};
}

Checked Parser::read_option(const Scanned& scanned, const Scanner& scanner) {
  const Option* option = std::get_if<Option>(&scanned.what);
  if (!option) return complain(formatted("invalid option `{}'", shown(scanner.as_typed())));
  if (auto done = mark(*option); !done) return done;
  return read_value(*option, scanned.argument);
}

Checked Parser::read_value(Option option, const std::optional<std::string>& argument) {
  const std::string word = argument.value_or("");
  switch (option) {
    case Option::tcp_service:
      return address_service(IPPROTO_TCP, word);
    case Option::udp_service:
      return address_service(IPPROTO_UDP, word);
    case Option::sctp_service:
      return address_service(IPPROTO_SCTP, word);
    case Option::fwmark_service:
      return mark_service(word);
    case Option::ipv6:
      return ipv6();
    case Option::scheduler:
      return name(option, word, IP_VS_SCHEDNAME_MAXLEN - 1, service_.scheduler);
    case Option::persistent:
      return persistent(argument);
    case Option::netmask:
      return netmask(word);
    case Option::pe:
      return name(option, word, IP_VS_PENAME_MAXLEN, service_.pe);
    case Option::sched_flags:
      sched_flags_ = word;
      return {};
    case Option::ops:
      service_.flags |= IP_VS_SVC_F_ONEPACKET;
      return {};
    case Option::real_server:
      return real_server(word);
    case Option::gatewaying:
      dest_.method = IP_VS_CONN_F_DROUTE;
      return {};
    case Option::ipip:
      dest_.method = IP_VS_CONN_F_TUNNEL;
      return {};
    case Option::masquerading:
      dest_.method = IP_VS_CONN_F_MASQ;
      return {};
    case Option::weight:
      return number(word, 0, kMaxInt, dest_.weight, "weight");
    case Option::u_threshold:
      return number(word, 0, kMaxInt, dest_.u_threshold, "u_threshold");
    case Option::l_threshold:
      return number(word, 0, kMaxInt, dest_.l_threshold, "l_threshold");
    case Option::tun_type: {
      const TunnelType* type = find_tunnel_type(std::string_view(word));
      if (!type) return bad_value("illegal tunnel type specified");
      dest_.tun_type = type->number;
      return {};
    }
    case Option::tun_port:
      return number(word, 1, 65535, dest_.tun_port, "tunnel port");
    case Option::tun_nocsum:
      dest_.tun_flags |= IP_VS_TUNNEL_ENCAP_FLAG_NOCSUM;
      return {};
    case Option::tun_csum:
      dest_.tun_flags |= IP_VS_TUNNEL_ENCAP_FLAG_CSUM;
      return {};
    case Option::tun_remcsum:
      dest_.tun_flags |= IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM;
      return {};
    case Option::mcast_interface:
      return name(option, word, IP_VS_IFNAME_MAXLEN - 1, daemon_.interface);
    case Option::syncid:
      return number(word, 0, 255, daemon_.sync_id, "syncid");
    case Option::mcast_group:
      return multicast_group(word);
    case Option::sync_peer:
      return peers(word);
    case Option::sync_key_file:
      return key_file(word);
    case Option::mcast_port:
      return number(word, 1, 65535, daemon_.port, "mcast-port");
    case Option::mcast_ttl:
      return number(word, 1, 255, daemon_.ttl, "mcast-ttl");
    case Option::sync_maxlen:
      return number(word, 1, 65535 - 20 - 8, daemon_.sync_maxlen, "sync-maxlen");
    default:
      // That it was said is all there is to know.
      return {};
  }
}

Checked Parser::mark(Option option) {
  if (row_of(option).more.is_free) return {};
  if (options_.has(option)) return complain(formatted("multiple '{}' options specified", tag_of(option)));
  options_.add(option);
  return {};
}

Checked Parser::address_service(std::uint16_t protocol, const std::string& word) {
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
  service_.flags |= IP_VS_SVC_F_PERSISTENT;
  service_.timeout = kDefaultPersistence;
  if (!word) return {};
  const auto timeout = to_number(*word, 1, kMaxTimeout);
  if (!timeout) return bad_value(formatted("invalid timeout value `{}' specified", shown(*word)));
  service_.timeout = static_cast<std::uint32_t>(*timeout);
  return {};
}

Checked Parser::netmask(const std::string& word) {
  // The family may come later: with the service, or with -6 behind a mark.
  if (options_.has(kAnyService) && service_.key.fwmark == 0) return read_netmask(word);
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
  // A port's name means what it means for the service's protocol.
  if (options_.has(kAnyService)) return read_real_server(word);
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

Checked Parser::name(Option option, const std::string& word, std::size_t max, std::string& into) {
  if (word.size() > max)
    return bad_value(formatted("{} `{}' is longer than {} characters", tag_of(option), shown(word), max));
  into = word;
  return {};
}

Checked Parser::multicast_group(const std::string& word) {
  const auto group = to_multicast_group(word);
  if (!group) {
    const int version = word.find(':') != std::string::npos ? 6 : 4;
    return bad_value(formatted("invalid IPv{} mcast-group `{}'", version, shown(word)));
  }
  daemon_.group = *group;
  return {};
}

Checked Parser::peers(const std::string& word) {
  auto peers = to_peers(word);
  if (!peers)
    return bad_value(formatted("illegal sync-peer `{}': it is 1 to 16 numeric addresses of single hosts, of one family, "
                               "with commas between them",
                               shown(word)));
  daemon_.peer_addresses = std::move(*peers);
  return {};
}

Checked Parser::key_file(const std::string& word) {
  if (word.empty()) return bad_value("the name of the sync-key-file is empty");
  key_file_ = word;
  return {};
}

template <typename T>
Checked Parser::number(const std::string& word, std::int64_t min, std::int64_t max, T& into, const char* what) {
  const auto value = to_number(word, min, max);
  if (!value) return bad_value(formatted("illegal {} specified", what));
  into = static_cast<T>(*value);
  return {};
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
  constexpr std::string_view kSeparator = ",";
  std::string_view words = sched_flags_;
  bool any = false;
  for (auto word = take_word(words, kSeparator); !word.empty(); word = take_word(words, kSeparator)) {
    any = true;
    const auto found = std::ranges::find(sched_flags(), word, &SchedFlag::name);
    if (found == sched_flags().end()) return bad_value(formatted("invalid scheduler flag `{}'", shown(word)));
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

Checked Parser::check_daemon() const {
  if (options_.has(Option::sync_peer) && options_.has(Option::mcast_group))
    return conflict("The option 'sync-peer' conflicts with the 'mcast-group' option: messages go to peers or to a group");
  return {};
}

/// Who restores may be elsewhere, and has no quotes.
Checked Parser::check_save() const {
  if (!options_.has(Option::sync_key_file)) return {};
  if (key_file_.front() != '/' || std::ranges::any_of(key_file_, [](unsigned char c) { return std::isspace(c) || std::iscntrl(c); }))
    return bad_value(formatted("sync-key-file `{}' cannot be saved: it has to be a whole path without blanks",
                               shown(key_file_)));
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

  if (options_.has(Option::status) && !options_.has(Option::daemon))
    return conflict("The option 'status' needs the 'daemon' option: it is about sync daemons");

  const bool numeric = options_.has(Option::numeric);
  const bool json = options_.has(Option::json);
  if (options_.has(Option::connection))
    return ListConnections{
        .numeric = numeric, .persistence = options_.has(Option::persistent_conn), .json = json};
  if (options_.has(Option::timeout)) return ShowTimeouts{json};
  if (options_.has(Option::daemon)) return ShowDaemons{.json = json, .status = options_.has(Option::status)};

  ListServices list{.only = {},
                    .columns = Columns::plain,
                    .numeric = numeric,
                    .exact = options_.has(Option::exact),
                    .sorted = !options_.has(Option::nosort),
                    .json = json};
  if (options_.has(kAnyService)) list.only = service_.key;
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
  if (verb_ == Verb::start_daemon) done = check_daemon();
  if (verb_ == Verb::save) done = check_save();
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
      if (!key_file_.empty()) return StartWithKey{.daemon = daemon_, .key_file = key_file_};
      return ipvs::Change::start_daemon_with(daemon_);
    case Verb::stop_daemon:
      return ipvs::Change::stop_daemon(stopped);
    case Verb::restore:
      return Restore{.mode = options_.has(Option::atomic)    ? Restore::Mode::atomic
                             : options_.has(Option::replace) ? Restore::Mode::replace
                                                             : Restore::Mode::plain,
                     .trial = options_.has(Option::check_syntax) ? Restore::Trial::syntax
                              : options_.has(Option::dry_run)    ? Restore::Trial::dry
                                                                 : Restore::Trial::none};
    case Verb::save:
      return Save{.numeric = options_.has(Option::numeric), .key_file = key_file_};
    case Verb::zero:
      // The address and port zero have always meant everything.
      if (!options_.has(kAnyService) || (key.fwmark == 0 && key.port == 0 && key.addr.is_zero()))
        return ipvs::Change::zero_all();
      return ipvs::Change::zero_service(key);
    case Verb::sysctl:
      return Sysctls{sysctls_, options_.has(Option::json)};
    case Verb::check:
      return Check{.asks = check_asks_, .json = options_.has(Option::json)};
    case Verb::help:
      return ShowHelp{};
    case Verb::version:
    case Verb::count:
      break;
  }
  return ShowVersion{};
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
