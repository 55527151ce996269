// SPDX-License-Identifier: GPL-2.0-or-later
#include "show/report.hh"

#include <gtest/gtest.h>
#include <linux/ip_vs.h>

#include <cerrno>

#include "apply/ensure.hh"
#include "grammar/failure.hh"

namespace {

using ipvs::Address;
using ipvs::Change;
using ipvs::Error;
using ipvs::Operation;

ipvs::ServiceKey key(const char* addr, std::uint16_t port, std::uint16_t protocol = IPPROTO_TCP) {
  const auto address = Address::parse(addr);
  return {.fwmark = 0, .family = address.family, .protocol = protocol, .addr = address, .port = port};
}

ipvs::ServiceKey mark(std::uint32_t number, std::uint16_t family) {
  return {.fwmark = number, .family = family, .protocol = 0, .addr = {}, .port = 0};
}

ipvs::DestKey server(const char* addr, std::uint16_t port) { return {Address::parse(addr), port}; }

Error error(Operation operation, int code, std::string detail = {}) {
  return {.operation = operation, .code = code, .origin = ipvs::Origin::kernel, .detail = std::move(detail)};
}

std::vector<ipvs::ServiceWithDests> table() {
  std::vector<ipvs::ServiceWithDests> table(3);
  table[0].service.key = key("10.0.0.1", 80);
  table[0].dests.resize(1);
  table[0].dests[0].key = server("10.2.1.11", 8080);
  table[1].service.key = mark(3, AF_INET6);
  table[2].service.key = key("fd00::1", 53, IPPROTO_UDP);
  return table;
}

TEST(Report, ObjectsHaveNames) {
  EXPECT_EQ(ipvsadm::object_text(key("10.0.0.1", 80)), "TCP 10.0.0.1:80");
  EXPECT_EQ(ipvsadm::object_text(Change::delete_service(mark(3, AF_INET6))), "FWM 3 IPv6");
  EXPECT_EQ(ipvsadm::object_text(Change::delete_dest(key("fd00::1", 53, IPPROTO_UDP), server("fd00::2", 54))),
            "UDP [fd00::1]:53 -> [fd00::2]:54");
  ipvs::Daemon daemon;
  daemon.state = IP_VS_STATE_BACKUP;
  EXPECT_EQ(ipvsadm::object_text(Change::stop_daemon(daemon)), "backup daemon");
  EXPECT_EQ(ipvsadm::object_text(Change::flush()), "");
}

TEST(Report, TheFirstLineIsTheKnownOne) {
  EXPECT_EQ(ipvsadm::error_text(error(Operation::add_dest, ERANGE, "weight -1"), "", {}),
            "Numerical result out of range\nkernel: weight -1\n");
  EXPECT_EQ(ipvsadm::error_text(error(Operation::add_service, EEXIST), "TCP 10.0.0.1:80", "try -E"),
            "Service already exists\nTCP 10.0.0.1:80: Service already exists\nhint: try -E\n");
  EXPECT_EQ(ipvsadm::error_text(error(Operation::add_dest, EEXIST, "no"), "X", {}),
            "Destination already exists\nX: no\n");
  EXPECT_EQ(ipvsadm::error_text(error(Operation::flush, EPERM), "", {}),
            "Permission denied (you must be root)\n");
}

TEST(Report, LinesOfAScript) {
  EXPECT_EQ(ipvsadm::placed("a\nb\n", {7, "-A x"}), "line 7: a\nline 7: -A x\nline 7: b\n");
  EXPECT_EQ(ipvsadm::placed("a\n", {7, "-A x"}), "line 7: a\nline 7: -A x\n");
  EXPECT_EQ(ipvsadm::placed("a\nb\n", {}), "a\nb\n");
}

TEST(Report, UsualCauses) {
  ipvs::Service service;
  service.scheduler = "nosuch";
  ipvs::Service with_engine = service;
  with_engine.pe = "sip";
  const auto dest = [](Operation operation) {
    return operation == Operation::add_dest ? Change::add_dest({}, {}) : Change::edit_dest({}, {});
  };
  const std::string unicast =
      "is the server's address unicast and not another host's link-local one, and, if its family differs from the "
      "service's, no sync daemon running?";
  const std::string thresholds = "the lower threshold is above the upper, or the weight is negative";
  const struct {
    Change change;
    int code;
    std::string text;
  } cases[] = {
      {Change::add_service(with_engine), ENOENT,
       "is there a module ip_vs_nosuch for the scheduler, or ip_vs_pe_sip for the engine?"},
      {Change::edit_service(service), ENOENT, "is there a module ip_vs_nosuch for the scheduler?"},
      {Change::add_service(service), EEXIST, "change it with -E, or use --ensure"},
      {Change::add_service(service), EINVAL, "is the IPv6 netmask within 1..128?"},
      {Change::edit_service(service), EINVAL, "is the IPv6 netmask within 1..128?"},
      {Change::add_service(service), EAFNOSUPPORT, "is IPv6 enabled in the kernel?"},
      {Change::add_service(service), EMSGSIZE, "the module is older than this ipvsadm: update it"},
      {Change::add_service(service), ERANGE, ""},
      {Change::edit_service(service), EEXIST, ""},
      {dest(Operation::add_dest), EEXIST, "change it with -e, or use --ensure"},
      {dest(Operation::add_dest), EINVAL, unicast},
      {dest(Operation::edit_dest), EINVAL, unicast},
      {dest(Operation::add_dest), ERANGE, thresholds},
      {dest(Operation::edit_dest), ERANGE, thresholds},
      {dest(Operation::edit_dest), ENOENT, ""},
      {Change::set_timeouts({}), EINVAL, "a timeout is out of range; nothing was changed"},
      {Change::start_daemon({}), EINVAL,
       "is the group multicast, and no server of another family than its service's configured?"},
      {Change::start_daemon({}), ENODEV, "there is no such multicast interface (--mcast-interface)"},
      {Change::start_daemon({}), EADDRNOTAVAIL, "has the multicast interface an address and a route?"},
      {Change::start_daemon({}), ENETUNREACH, "has the multicast interface an address and a route?"},
      {Change::start_daemon({}), EEXIST, "stop it first (--stop-daemon), or use --ensure"},
      {Change::start_daemon({}), ENOMEM, ""},
      {Change::stop_daemon({}), EINVAL, ""},
      {Change::delete_service({}), ESRCH, ""},
      {Change::flush(), EPERM, ""},
  };
  for (const auto& each : cases)
    EXPECT_EQ(ipvsadm::usual_cause(each.change, error(each.change.operation(), each.code)).value_or(""), each.text)
        << ipvs::describe(each.change.operation(), each.code);
}

TEST(Report, WhatIsRepeatedIsNoCommandToATerminal) {
  EXPECT_EQ(ipvsadm::placed("a\n", {7, "-A \x1b[2J\xff"}), "line 7: a\nline 7: -A \\x1b[2J\\xff\n");
  EXPECT_EQ(ipvsadm::placed("a\n", {7, std::string(3'000'000, 'y')}),
            "line 7: a\nline 7: " + std::string(160, 'y') + "...\n");
  EXPECT_EQ(ipvsadm::error_text(error(Operation::add_dest, ERANGE, "no \x1b"), "", {}),
            "Numerical result out of range\nkernel: no \\x1b\n");
}

TEST(Report, CausesInTheTable) {
  const auto services = table();
  const auto missing = [&](const ipvs::ServiceKey& wanted) {
    return ipvsadm::cause_in(services, Change::delete_service(wanted),
                             error(Operation::delete_service, ESRCH))
        .value_or("");
  };
  EXPECT_EQ(missing(key("10.2.1.11", 8080)),
            "10.2.1.11:8080 is no virtual service; it is a real server of TCP 10.0.0.1:80");
  EXPECT_EQ(missing(key("10.0.0.1", 81)), "the address has TCP 10.0.0.1:80");
  EXPECT_EQ(missing(key("10.0.0.1", 80, IPPROTO_UDP)), "the address has TCP 10.0.0.1:80");
  EXPECT_EQ(missing(key("10.0.0.9", 80)), "");
  EXPECT_EQ(missing(mark(3, AF_INET)), "there is FWM 3 IPv6; add -6 behind -f");
  EXPECT_EQ(missing(mark(4, AF_INET)), "");
  std::vector<ipvs::ServiceWithDests> of_ipv4(1);
  of_ipv4[0].service.key = mark(5, AF_INET);
  EXPECT_EQ(ipvsadm::cause_in(of_ipv4, Change::delete_service(mark(5, AF_INET6)), error(Operation::delete_service, ESRCH)),
            "there is FWM 5; leave out -6");

  const auto no_server = [&](const ipvs::ServiceKey& service, const ipvs::DestKey& dest) {
    return ipvsadm::cause_in(services, Change::delete_dest(service, dest),
                             error(Operation::delete_dest, ENOENT))
        .value_or("");
  };
  EXPECT_EQ(no_server(key("10.0.0.1", 80), server("10.2.1.11", 80)),
            "there is TCP 10.0.0.1:80 -> 10.2.1.11:8080");
  EXPECT_EQ(no_server(key("10.0.0.1", 80), server("10.2.1.12", 80)),
            "the service has 1 servers, none with this address");
  EXPECT_EQ(no_server(mark(3, AF_INET6), server("fd00::9", 0)), "the service has no server at all");
  EXPECT_EQ(no_server(mark(9, AF_INET6), server("fd00::9", 0)), "");
}

TEST(Report, ManyServicesOfOneAddress) {
  std::vector<ipvs::ServiceWithDests> services(9);
  for (std::uint16_t i = 0; i < 9; ++i) services[i].service.key = key("10.0.0.1", i + 1);
  const auto cause = ipvsadm::cause_in(services, key("10.0.0.1", 80)).value_or("");
  EXPECT_NE(cause.find("and 4 more"), std::string::npos) << cause;
}

TEST(Failure, KindsOfErrors) {
  using ipvsadm::Failure;
  const struct {
    Operation operation;
    int code;
    Failure failure;
  } cases[] = {
      {Operation::add_service, EPERM, Failure::permission},
      {Operation::add_service, EEXIST, Failure::exists},
      {Operation::add_service, ENOENT, Failure::helper},
      {Operation::edit_service, ESRCH, Failure::service},
      {Operation::add_dest, ESRCH, Failure::service},
      {Operation::edit_dest, ENOENT, Failure::server},
      {Operation::delete_dest, ENOENT, Failure::server},
      {Operation::stop_daemon, ESRCH, Failure::daemon},
      {Operation::start_daemon, EEXIST, Failure::exists},
      {Operation::start_daemon, ENODEV, Failure::helper},
      {Operation::add_dest, ERANGE, Failure::value},
      {Operation::add_dest, EINVAL, Failure::value},
      {Operation::add_dest, ENOMEM, Failure::memory},
      {Operation::open, ENOPROTOOPT, Failure::module},
      {Operation::open, ENOENT, Failure::module},
      {Operation::add_service, EAFNOSUPPORT, Failure::unsupported},
      {Operation::add_service, EMSGSIZE, Failure::version},
      {Operation::add_service, EIO, Failure::system},
      {Operation::add_service, EACCES, Failure::permission},
      {Operation::edit_service, ENOENT, Failure::helper},
      {Operation::start_daemon, ESRCH, Failure::service},
      {Operation::add_dest, ENOBUFS, Failure::memory},
      {Operation::add_service, EBUSY, Failure::conflict},
      {Operation::start_daemon, EADDRINUSE, Failure::conflict},
      {Operation::add_service, EOPNOTSUPP, Failure::unsupported},
      {Operation::list_table, EINTR, Failure::changed},
      {Operation::list_services, ENOENT, Failure::module},
  };
  for (const auto& each : cases)
    EXPECT_EQ(ipvsadm::failure_of(error(each.operation, each.code)), each.failure) << each.code;
  auto transport = error(Operation::add_dest, EINVAL);
  transport.origin = ipvs::Origin::transport;
  EXPECT_EQ(ipvsadm::failure_of(transport), Failure::system) << "the kernel has not seen the value";
}

TEST(Ensure, WhatIsDoneAlready) {
  const auto gone = Change::delete_service({});
  const auto server_gone = Change::delete_dest({}, {});
  EXPECT_TRUE(ipvsadm::is_done_already(gone, error(Operation::delete_service, ESRCH)));
  EXPECT_FALSE(ipvsadm::is_done_already(gone, error(Operation::delete_service, EPERM)));
  EXPECT_TRUE(ipvsadm::is_done_already(server_gone, error(Operation::delete_dest, ENOENT)));
  EXPECT_TRUE(ipvsadm::is_done_already(server_gone, error(Operation::delete_dest, ESRCH)));
  EXPECT_FALSE(ipvsadm::is_done_already(Change::add_service({}), error(Operation::add_service, EEXIST)));

  EXPECT_EQ(ipvsadm::edit_instead(Change::add_service({}), error(Operation::add_service, EEXIST))->operation(),
            Operation::edit_service);
  EXPECT_EQ(ipvsadm::edit_instead(Change::add_dest({}, {}), error(Operation::add_dest, EEXIST))->operation(),
            Operation::edit_dest);
  EXPECT_FALSE(ipvsadm::edit_instead(Change::add_dest({}, {}), error(Operation::add_dest, ESRCH)));
}

TEST(Ensure, DaemonsRunAsWanted) {
  ipvs::DaemonConfig running;
  running.state = IP_VS_STATE_MASTER;
  running.interface = "d0";
  running.sync_maxlen = 1400;
  running.port = 8848;
  ipvs::DaemonConfig wanted = running;
  wanted.sync_maxlen = wanted.port = 0;
  EXPECT_TRUE(ipvsadm::runs_as(running, wanted));
  wanted.port = 8849;
  EXPECT_FALSE(ipvsadm::runs_as(running, wanted));
  wanted.port = 0;
  wanted.sync_id = 1;
  EXPECT_FALSE(ipvsadm::runs_as(running, wanted));
  const auto differs = [&](auto change) {
    wanted = running;
    change(wanted);
    return !ipvsadm::runs_as(running, wanted);
  };
  EXPECT_TRUE(differs([](auto& d) { d.state = IP_VS_STATE_BACKUP; }));
  EXPECT_TRUE(differs([](auto& d) { d.interface = "d1"; }));
  EXPECT_TRUE(differs([](auto& d) { d.sync_maxlen = 1401; }));
  EXPECT_TRUE(differs([](auto& d) { d.group = Address::parse("239.1.1.1"); }));
  EXPECT_TRUE(differs([](auto& d) { d.ttl = 3; }));
  EXPECT_FALSE(differs([](auto& d) { d.group = {}; }));
  running.has_beyond(true, 0);
  EXPECT_TRUE(differs([](auto& d) { d.has_beyond(false, 0); })) << "nobody asked for a key";
  EXPECT_TRUE(differs([](auto& d) { d.key = "0123456789abcdef"; })) << "it may be another one";
  running.has_beyond(false, 2);
  running.peer_addresses = {Address::parse("10.9.0.1"), Address::parse("10.9.0.2")};
  EXPECT_FALSE(differs([](auto&) {}));
  EXPECT_FALSE(differs([](auto& d) { d.has_beyond(false, 0); })) << "the addresses count";
  EXPECT_TRUE(differs([](auto& d) { d.peer_addresses.clear(); })) << "nobody asked for peers";
  EXPECT_TRUE(differs([](auto& d) { d.peer_addresses.pop_back(); }));
  EXPECT_TRUE(differs([](auto& d) { d.key = "0123456789abcdef"; })) << "it has none";
}

}  // namespace
