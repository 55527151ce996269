// SPDX-License-Identifier: GPL-2.0-or-later
// The C interface's structures are copied into programs: every offset counts.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "fake_kernel.hh"
#include "ipvs/error.hh"
#include "libipvs.h"

#define AT(type, member, offset) static_assert(offsetof(type, member) == (offset))

static_assert(sizeof(ipvs_service_t) == 84);
AT(ipvs_service_t, protocol, 0);
AT(ipvs_service_t, port, 8);
AT(ipvs_service_t, fwmark, 12);
AT(ipvs_service_t, sched_name, 16);
AT(ipvs_service_t, flags, 32);
AT(ipvs_service_t, timeout, 36);
AT(ipvs_service_t, netmask, 40);
AT(ipvs_service_t, af, 44);
AT(ipvs_service_t, addr, 48);
AT(ipvs_service_t, pe_name, 64);

static_assert(sizeof(ipvs_dest_t) == 52);
AT(ipvs_dest_t, port, 4);
AT(ipvs_dest_t, conn_flags, 8);
AT(ipvs_dest_t, weight, 12);
AT(ipvs_dest_t, u_threshold, 16);
AT(ipvs_dest_t, l_threshold, 20);
AT(ipvs_dest_t, af, 24);
AT(ipvs_dest_t, addr, 28);
AT(ipvs_dest_t, tun_type, 44);
AT(ipvs_dest_t, tun_port, 46);
AT(ipvs_dest_t, tun_flags, 48);

static_assert(sizeof(ipvs_service_entry_t) == 224);
AT(ipvs_service_entry_t, num_dests, 44);
AT(ipvs_service_entry_t, stats, 48);
AT(ipvs_service_entry_t, af, 104);
AT(ipvs_service_entry_t, addr, 108);
AT(ipvs_service_entry_t, pe_name, 124);
AT(ipvs_service_entry_t, stats64, 144);

static_assert(sizeof(ipvs_dest_entry_t) == 208);
AT(ipvs_dest_entry_t, activeconns, 24);
AT(ipvs_dest_entry_t, inactconns, 28);
AT(ipvs_dest_entry_t, persistconns, 32);
AT(ipvs_dest_entry_t, stats, 40);
AT(ipvs_dest_entry_t, af, 96);
AT(ipvs_dest_entry_t, addr, 100);
AT(ipvs_dest_entry_t, stats64, 120);
AT(ipvs_dest_entry_t, tun_type, 200);
AT(ipvs_dest_entry_t, tun_port, 202);
AT(ipvs_dest_entry_t, tun_flags, 204);

AT(ip_vs_get_services, entrytable, 8);
AT(ip_vs_get_dests, port, 8);
AT(ip_vs_get_dests, fwmark, 12);
AT(ip_vs_get_dests, num_dests, 16);
AT(ip_vs_get_dests, af, 20);
AT(ip_vs_get_dests, addr, 24);
AT(ip_vs_get_dests, entrytable, 40);

static_assert(sizeof(ipvs_daemon_t) == 52);
AT(ipvs_daemon_t, mcast_ifn, 4);
AT(ipvs_daemon_t, syncid, 20);
AT(ipvs_daemon_t, sync_maxlen, 24);
AT(ipvs_daemon_t, mcast_port, 28);
AT(ipvs_daemon_t, mcast_ttl, 30);
AT(ipvs_daemon_t, mcast_af, 32);
AT(ipvs_daemon_t, mcast_group, 36);

static_assert(sizeof(ip_vs_stats64) == 80);
static_assert(sizeof(ipvs_timeout_t) == 12);
static_assert(sizeof(ip_vs_service_user_kern) == 44);
static_assert(sizeof(ip_vs_dest_user_kern) == 24);
static_assert(sizeof(ip_vs_service_entry_kern) == 104);
static_assert(sizeof(ip_vs_dest_entry_kern) == 96);
static_assert(sizeof(ip_vs_daemon_user_kern) == 24);
static_assert(IPVS_VERSION(1, 2, 1) == 0x010201);
static_assert(IPVS_SVC_PERSISTENT_TIMEOUT == 360);

namespace {

ipvs_service_entry_t service(std::uint32_t fwmark, std::uint16_t protocol, std::uint32_t addr,
                             std::uint16_t port) {
  ipvs_service_entry_t entry{};
  entry.fwmark = fwmark;
  entry.af = AF_INET;
  entry.protocol = protocol;
  entry.addr.ip = htonl(addr);
  entry.port = htons(port);
  return entry;
}

TEST(CApi, ServicesSortUnsignedByMarkProtocolAddressPort) {
  auto* list = static_cast<ip_vs_get_services*>(
      std::calloc(1, sizeof(ip_vs_get_services) + 6 * sizeof(ipvs_service_entry_t)));
  const ipvs_service_entry_t sorted[] = {service(0, 6, 0x0a000001, 80), service(0, 6, 0x0a000001, 443),
                                         service(0, 6, 0xc8000001, 80), service(0, 17, 0x0a000001, 53),
                                         service(5, 6, 0, 0),           service(0xffffffff, 6, 0, 0)};
  list->num_services = 6;
  for (int i = 0; i < 6; ++i) list->entrytable[i] = sorted[(i * 5 + 3) % 6];
  ipvs_sort_services(list, ipvs_cmp_services);
  // Compared by what they are, and not by the function that put them in this order.
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(list->entrytable[i].fwmark, sorted[i].fwmark) << i;
    EXPECT_EQ(list->entrytable[i].protocol, sorted[i].protocol) << i;
    EXPECT_EQ(list->entrytable[i].addr.ip, sorted[i].addr.ip) << i;
    EXPECT_EQ(list->entrytable[i].port, sorted[i].port) << i;
  }
  for (int i = 0; i < 6; ++i)
    for (int k = 0; k < 6; ++k) {
      const int order = ipvs_cmp_services(&list->entrytable[i], &list->entrytable[k]);
      EXPECT_EQ(order < 0, i < k) << i << " " << k;
      EXPECT_EQ(order == 0, i == k) << i << " " << k;
    }
  std::free(list);
}

TEST(CApi, DestsSortUnsignedByFamilyAddressPort) {
  ipvs_dest_entry_t low{}, high{}, six{};
  low.af = high.af = AF_INET;
  six.af = AF_INET6;
  low.addr.ip = htonl(0x0a000001);
  high.addr.ip = htonl(0xf0000001);
  EXPECT_LT(ipvs_cmp_dests(&low, &high), 0);
  EXPECT_GT(ipvs_cmp_dests(&high, &low), 0);
  EXPECT_LT(ipvs_cmp_dests(&high, &six), 0);
  EXPECT_EQ(ipvs_cmp_dests(&low, &low), 0);
  ipvs_dest_entry_t port = low;
  port.port = htons(256);
  low.port = htons(255);
  EXPECT_LT(ipvs_cmp_dests(&low, &port), 0) << "by the port's number, whatever the order of its bytes";

  auto* list = static_cast<ip_vs_get_dests*>(std::calloc(1, sizeof(ip_vs_get_dests) + 3 * sizeof(ipvs_dest_entry_t)));
  list->num_dests = 3;
  list->entrytable[0] = six;
  list->entrytable[1] = high;
  list->entrytable[2] = low;
  ipvs_sort_dests(list, ipvs_cmp_dests);
  EXPECT_EQ(list->entrytable[0].addr.ip, low.addr.ip);
  EXPECT_EQ(list->entrytable[1].addr.ip, high.addr.ip);
  EXPECT_EQ(list->entrytable[2].af, AF_INET6);
  std::free(list);
}

TEST(Describe, SpeaksOfTheOperation) {
  using enum ipvs::Operation;
  const struct {
    ipvs::Operation operation;
    int code;
    const char* text;
  } rows[] = {
      {add_service, EEXIST, "Service already exists"},
      {add_service, ENOENT, "Scheduler or persistence engine not found"},
      {edit_service, ESRCH, "No such service"},
      {edit_service, ENOENT, "Scheduler or persistence engine not found"},
      {delete_service, ESRCH, "No such service"},
      {zero_service, ESRCH, "No such service"},
      {get_service, ESRCH, "No such service"},
      {list_services, ESRCH, "No such service"},
      {list_dests, ESRCH, "No such service"},
      {add_dest, ESRCH, "Service not defined"},
      {add_dest, EEXIST, "Destination already exists"},
      {edit_dest, ESRCH, "Service not defined"},
      {edit_dest, ENOENT, "No such destination"},
      {delete_dest, ESRCH, "Service not defined"},
      {delete_dest, ENOENT, "No such destination"},
      {start_daemon, EEXIST, "Daemon has already run"},
      {stop_daemon, ESRCH, "No daemon is running"},
      {flush, EPERM, "Permission denied (you must be root)"},
      {add_dest, EINVAL, "Invalid operation.  Possibly wrong module version, address not unicast, ..."},
      {open, ENOPROTOOPT, "Protocol not available"},
      {list_table, ENOMEM, "Memory allocation problem"},
      {add_service, EOPNOTSUPP, "Operation not supported with IPv6"},
      {add_service, EAFNOSUPPORT, "Operation not supported with specified address family"},
      {add_dest, EMSGSIZE, "Module is wrong version"},
      {list_table, EINTR, "The table was changed each time it was read"},
      // Of another operation, and of none.
      {flush, EEXIST, std::strerror(EEXIST)},
      {set_timeouts, ESRCH, std::strerror(ESRCH)},
      {add_dest, ERANGE, std::strerror(ERANGE)},
  };
  for (const auto& row : rows) EXPECT_STREQ(ipvs::describe(row.operation, row.code), row.text);
}

TEST(Describe, TheKernelsWordsComeFirstInAMessage) {
  ipvs::Error error{
      .operation = ipvs::Operation::add_dest, .code = EINVAL, .origin = ipvs::Origin::kernel, .detail = ""};
  EXPECT_EQ(error.message(), error.summary());
  error.detail = "tunnel port is zero";
  EXPECT_EQ(error.message(), "tunnel port is zero");
}

/// A change as the library has made it of the structures of C.
class Recorder : public FakeBackend {
 public:
  Recorder(std::shared_ptr<FakeKernel> kernel, std::vector<ipvs::Change>& told) : FakeBackend(kernel), told_(told) {}
  std::vector<ipvs::Result<void>> apply(std::span<const ipvs::Change> changes) override {
    told_.insert(told_.end(), changes.begin(), changes.end());
    return FakeBackend::apply(changes);
  }

 private:
  std::vector<ipvs::Change>& told_;
};

template <typename T>
struct Freed {
  T* pointer;
  ~Freed() { std::free(pointer); }
  T* operator->() const { return pointer; }
  explicit operator bool() const { return pointer != nullptr; }
};

struct CTest : testing::Test {
  std::shared_ptr<FakeKernel> kernel = std::make_shared<FakeKernel>();
  std::vector<ipvs::Change> told;

  void SetUp() override { ipvs::use_in_c(ipvs::make_client(std::make_unique<Recorder>(kernel, told))); }
  void TearDown() override { ipvs_close(); }

  template <typename Kind>
  const Kind& last() {
    EXPECT_FALSE(told.empty());
    const auto* found = told.back().as<Kind>();
    if (!found) throw std::runtime_error("another change");
    return *found;
  }

  /// 10.1.2.3:8080, TCP
  static ipvs_service_t web() {
    ipvs_service_t svc{};
    svc.protocol = 6;
    svc.af = AF_INET;
    std::memcpy(&svc.addr, "\x0a\x01\x02\x03", 4);
    std::memcpy(&svc.port, "\x1f\x90", 2);
    std::strcpy(svc.sched_name, "wlc");
    return svc;
  }
  static ipvs_dest_t server() {
    ipvs_dest_t dest{};
    dest.af = AF_INET;
    std::memcpy(&dest.addr, "\x0a\x00\x00\x07", 4);
    std::memcpy(&dest.port, "\x00\x50", 2);
    dest.weight = 5;
    return dest;
  }
};

TEST_F(CTest, ServicesAsTheyAreTold) {
  auto svc = web();
  svc.flags = IP_VS_SVC_F_PERSISTENT;
  svc.timeout = 77;
  svc.netmask = 0x00ffffff;
  std::strcpy(svc.pe_name, "sixteen-letters-");
  std::memcpy(svc.sched_name, "fifteen-letters", 16);
  ASSERT_EQ(ipvs_add_service(&svc), 0);
  const auto added = last<ipvs::change::AddService>().service;
  EXPECT_EQ(added.key.addr.to_string(), "10.1.2.3");
  EXPECT_EQ(added.key.port, 8080);
  EXPECT_EQ(added.key.protocol, 6);
  EXPECT_EQ(added.key.family, AF_INET);
  EXPECT_EQ(added.key.fwmark, 0U);
  EXPECT_EQ(added.scheduler, "fifteen-letters");
  EXPECT_EQ(added.pe, "sixteen-letters-");
  EXPECT_EQ(added.flags, unsigned{IP_VS_SVC_F_PERSISTENT});
  EXPECT_EQ(added.timeout, 77U);
  EXPECT_EQ(added.netmask, 0x00ffffffU);
  svc.timeout = 78;
  ASSERT_EQ(ipvs_update_service(&svc), 0);
  EXPECT_EQ(last<ipvs::change::EditService>().service.timeout, 78U);
  ASSERT_EQ(ipvs_zero_service(&svc), 0);
  EXPECT_EQ(last<ipvs::change::ZeroService>().service, added.key);
  ASSERT_EQ(ipvs_del_service(&svc), 0);
  EXPECT_EQ(last<ipvs::change::DeleteService>().service, added.key);
  ASSERT_EQ(ipvs_flush(), 0);
  (void)last<ipvs::change::Flush>();
}

TEST_F(CTest, ServicesOfMarksAndOfIpv6) {
  auto svc = web();
  svc.fwmark = 9;
  ASSERT_EQ(ipvs_add_service(&svc), 0);
  auto key = last<ipvs::change::AddService>().service.key;
  EXPECT_EQ(key, (ipvs::ServiceKey{.fwmark = 9, .family = AF_INET, .protocol = 0, .addr = {}, .port = 0}));
  svc = web();
  svc.af = AF_UNSPEC;
  ASSERT_EQ(ipvs_add_service(&svc), 0);
  key = last<ipvs::change::AddService>().service.key;
  EXPECT_EQ(key.family, AF_INET) << "old programs leave it zero";
  EXPECT_EQ(key.addr.family, AF_INET);
  svc.af = AF_INET6;
  std::memcpy(&svc.addr, "\xfd\x00\x00\x01\x00\x02\x00\x03\x00\x04\x00\x05\x00\x06\x00\x07", 16);
  ASSERT_EQ(ipvs_add_service(&svc), 0);
  EXPECT_EQ(last<ipvs::change::AddService>().service.key.addr.to_string(), "fd00:1:2:3:4:5:6:7");
}

TEST_F(CTest, ZeroOfNothingIsZeroOfAll) {
  ipvs_service_t svc{};
  ASSERT_EQ(ipvs_zero_service(&svc), 0);
  (void)last<ipvs::change::ZeroAll>();
  svc.port = htons(80);
  EXPECT_EQ(ipvs_zero_service(&svc), -1);
  (void)last<ipvs::change::ZeroService>();
  svc = {};
  svc.addr.ip = htonl(1);
  EXPECT_EQ(ipvs_zero_service(&svc), -1);
  (void)last<ipvs::change::ZeroService>();
  svc = {};
  svc.fwmark = 1;
  EXPECT_EQ(ipvs_zero_service(&svc), -1);
  EXPECT_EQ(last<ipvs::change::ZeroService>().service.fwmark, 1U);
}

TEST_F(CTest, ServersAsTheyAreTold) {
  auto svc = web();
  auto dest = server();
  ASSERT_EQ(ipvs_add_service(&svc), 0);
  dest.conn_flags = IP_VS_CONN_F_TUNNEL | 0x100;
  dest.u_threshold = 9;
  dest.l_threshold = 4;
  dest.tun_type = IP_VS_CONN_F_TUNNEL_TYPE_GUE;
  std::memcpy(&dest.tun_port, "\x17\xc0", 2);
  dest.tun_flags = IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM;
  ASSERT_EQ(ipvs_add_dest(&svc, &dest), 0);
  const auto added = last<ipvs::change::AddDest>();
  EXPECT_EQ(added.service.port, 8080);
  EXPECT_EQ(added.dest.key.addr.to_string(), "10.0.0.7");
  EXPECT_EQ(added.dest.key.port, 80);
  EXPECT_EQ(added.dest.method, unsigned{IP_VS_CONN_F_TUNNEL}) << "the method and no other bit";
  EXPECT_EQ(added.dest.weight, 5);
  EXPECT_EQ(added.dest.u_threshold, 9U);
  EXPECT_EQ(added.dest.l_threshold, 4U);
  EXPECT_EQ(added.dest.tun_type, 1);
  EXPECT_EQ(added.dest.tun_port, 6080);
  EXPECT_EQ(added.dest.tun_flags, 2);
  dest.weight = 6;
  ASSERT_EQ(ipvs_update_dest(&svc, &dest), 0);
  EXPECT_EQ(last<ipvs::change::EditDest>().dest.weight, 6);
  ASSERT_EQ(ipvs_del_dest(&svc, &dest), 0);
  EXPECT_EQ(last<ipvs::change::DeleteDest>().dest, added.dest.key);
  EXPECT_EQ(last<ipvs::change::DeleteDest>().service, added.service);
  // Without a family of its own it has its service's.
  svc.af = AF_INET6;
  dest.af = AF_UNSPEC;
  (void)ipvs_add_dest(&svc, &dest);
  EXPECT_EQ(last<ipvs::change::AddDest>().dest.key.addr.family, AF_INET6);
}

TEST_F(CTest, TimeoutsAndDaemonsAsTheyAreTold) {
  ipvs_timeout_t time{.tcp_timeout = 1, .tcp_fin_timeout = 2, .udp_timeout = 3};
  ASSERT_EQ(ipvs_set_timeout(&time), 0);
  EXPECT_EQ(last<ipvs::change::SetTimeouts>().timeouts, (ipvs::Timeouts{.tcp = 1, .tcp_fin = 2, .udp = 3}));
  ipvs_daemon_t daemon{};
  daemon.state = IP_VS_STATE_BACKUP;
  std::strcpy(daemon.mcast_ifn, "eth1");
  daemon.syncid = 7;
  daemon.sync_maxlen = 1400;
  daemon.mcast_port = 8849;
  daemon.mcast_ttl = 3;
  ASSERT_EQ(ipvs_start_daemon(&daemon), 0);
  ipvs::Daemon wanted{.state = 2, .interface = "eth1", .sync_id = 7, .sync_maxlen = 1400, .group = {}, .port = 8849, .ttl = 3};
  EXPECT_EQ(last<ipvs::change::StartDaemon>().daemon, wanted) << "no group is none";
  ASSERT_EQ(ipvs_stop_daemon(&daemon), 0);
  daemon.mcast_af = AF_INET;
  std::memcpy(&daemon.mcast_group, "\xef\x01\x01\x02", 4);
  wanted.group = ipvs::Address::parse("239.1.1.2");
  ASSERT_EQ(ipvs_start_daemon(&daemon), 0);
  EXPECT_EQ(last<ipvs::change::StartDaemon>().daemon, wanted);

  Freed<ipvs_daemon_t> list{ipvs_get_daemon()};
  ASSERT_TRUE(list);
  EXPECT_EQ(list.pointer[0].state, IP_VS_STATE_BACKUP);
  EXPECT_STREQ(list.pointer[0].mcast_ifn, "eth1");
  EXPECT_EQ(list.pointer[0].syncid, 7);
  EXPECT_EQ(list.pointer[0].sync_maxlen, 1400);
  EXPECT_EQ(list.pointer[0].mcast_port, 8849);
  EXPECT_EQ(list.pointer[0].mcast_ttl, 3);
  EXPECT_EQ(list.pointer[0].mcast_af, AF_INET);
  EXPECT_EQ(std::memcmp(&list.pointer[0].mcast_group, "\xef\x01\x01\x02", 4), 0);
  EXPECT_EQ(list.pointer[1].state, 0);
  Freed<ipvs_timeout_t> read{ipvs_get_timeout()};
  ASSERT_TRUE(read);
  EXPECT_EQ(read->tcp_timeout, 1);
  EXPECT_EQ(read->tcp_fin_timeout, 2);
  EXPECT_EQ(read->udp_timeout, 3);
}

ipvs::Stats counted(std::uint64_t first) {
  return {.conns = first + 1, .inpkts = first + 2, .outpkts = first + 3, .inbytes = first + 4, .outbytes = first + 5,
          .cps = first + 6, .inpps = first + 7, .outpps = first + 8, .inbps = first + 9, .outbps = first + 10};
}
void expect_counted(const ip_vs_stats64& stats, std::uint64_t first) {
  const std::uint64_t all[] = {stats.conns, stats.inpkts, stats.outpkts, stats.inbytes, stats.outbytes,
                               stats.cps,   stats.inpps,  stats.outpps,  stats.inbps,   stats.outbps};
  for (std::uint64_t i = 0; i < 10; ++i) EXPECT_EQ(all[i], first + i + 1) << i;
}

TEST_F(CTest, ListsAsTheyAreReported) {
  auto svc = web();
  svc.flags = 1;
  svc.timeout = 77;
  svc.netmask = 0x00ffffff;
  std::strcpy(svc.pe_name, "sip");
  ASSERT_EQ(ipvs_add_service(&svc), 0);
  auto dest = server();
  dest.conn_flags = IP_VS_CONN_F_TUNNEL;
  dest.u_threshold = 9;
  dest.l_threshold = 4;
  dest.tun_type = 1;
  dest.tun_port = htons(6080);
  dest.tun_flags = 2;
  ASSERT_EQ(ipvs_add_dest(&svc, &dest), 0);
  dest.af = AF_INET6;
  ASSERT_EQ(ipvs_add_dest(&svc, &dest), 0);
  svc.fwmark = 3;
  ASSERT_EQ(ipvs_add_service(&svc), 0);
  kernel->table[0].service.stats = counted(100);
  auto& entry = kernel->table[0].dests[0];
  entry.stats = counted(200);
  entry.active = 31;
  entry.inactive = 32;
  entry.persistent = 33;

  Freed<ip_vs_get_services> list{ipvs_get_services()};
  ASSERT_TRUE(list);
  ASSERT_EQ(list->num_services, 2U);
  EXPECT_EQ(ipvs_info.num_services, 2U);
  const auto& one = list->entrytable[0];
  EXPECT_EQ(one.protocol, 6);
  EXPECT_EQ(std::memcmp(&one.addr, "\x0a\x01\x02\x03\0\0\0\0\0\0\0\0\0\0\0\0", 16), 0);
  EXPECT_EQ(std::memcmp(&one.__addr_v4, "\x0a\x01\x02\x03", 4), 0);
  EXPECT_EQ(std::memcmp(&one.port, "\x1f\x90", 2), 0);
  EXPECT_EQ(one.fwmark, 0U);
  EXPECT_EQ(one.af, AF_INET);
  EXPECT_STREQ(one.sched_name, "wlc");
  EXPECT_STREQ(one.pe_name, "sip");
  EXPECT_EQ(one.flags, 1U);
  EXPECT_EQ(one.timeout, 77U);
  EXPECT_EQ(one.netmask, 0x00ffffffU);
  EXPECT_EQ(one.num_dests, 2U);
  expect_counted(one.stats64, 100);
  EXPECT_EQ(list->entrytable[1].fwmark, 3U);
  EXPECT_EQ(list->entrytable[1].protocol, 6) << "old programs look at it";
  EXPECT_EQ(list->entrytable[1].num_dests, 0U);

  Freed<ip_vs_get_dests> dests{ipvs_get_dests(&list->entrytable[0])};
  ASSERT_TRUE(dests);
  ASSERT_EQ(dests->num_dests, 2U);
  EXPECT_EQ(dests->protocol, 6);
  EXPECT_EQ(dests->port, one.port);
  EXPECT_EQ(dests->af, AF_INET);
  EXPECT_EQ(dests->addr.ip, one.addr.ip);
  EXPECT_EQ(dests->__addr_v4, one.__addr_v4);
  EXPECT_EQ(dests->fwmark, 0U);
  const auto& first = dests->entrytable[0];
  EXPECT_EQ(std::memcmp(&first.addr, "\x0a\x00\x00\x07\0\0\0\0\0\0\0\0\0\0\0\0", 16), 0);
  EXPECT_EQ(std::memcmp(&first.__addr_v4, "\x0a\x00\x00\x07", 4), 0);
  EXPECT_EQ(std::memcmp(&first.port, "\x00\x50", 2), 0);
  EXPECT_EQ(first.af, AF_INET);
  EXPECT_EQ(first.conn_flags, unsigned{IP_VS_CONN_F_TUNNEL});
  EXPECT_EQ(first.weight, 5);
  EXPECT_EQ(first.u_threshold, 9U);
  EXPECT_EQ(first.l_threshold, 4U);
  EXPECT_EQ(first.activeconns, 31U);
  EXPECT_EQ(first.inactconns, 32U);
  EXPECT_EQ(first.persistconns, 33U);
  EXPECT_EQ(first.tun_type, 1);
  EXPECT_EQ(std::memcmp(&first.tun_port, "\x17\xc0", 2), 0);
  EXPECT_EQ(first.tun_flags, 2);
  expect_counted(first.stats64, 200);
  EXPECT_EQ(dests->entrytable[1].af, AF_INET6);
  EXPECT_EQ(dests->entrytable[1].__addr_v4, 0U);

  Freed<ipvs_service_entry_t> found{ipvs_get_service(0, AF_INET, 6, one.addr, one.port)};
  ASSERT_TRUE(found);
  EXPECT_EQ(std::memcmp(found.pointer, &one, sizeof(one)), 0);
  Freed<ipvs_service_entry_t> by_mark{ipvs_get_service(3, AF_INET, 0, {}, 0)};
  ASSERT_TRUE(by_mark);
  EXPECT_EQ(by_mark->fwmark, 3U);
  EXPECT_EQ(ipvs_get_service(4, AF_INET, 0, {}, 0), nullptr);
  EXPECT_EQ(errno, ESRCH);
  EXPECT_STREQ(ipvs_strerror(errno), "No such service");
}

TEST_F(CTest, FailuresAreErrnoAndTheTextIsThatOfTheLastOperation) {
  using enum ipvs::Operation;
  auto svc = web();
  auto dest = server();
  EXPECT_EQ(ipvs_del_service(&svc), -1);
  EXPECT_EQ(errno, ESRCH);
  EXPECT_STREQ(ipvs_strerror(errno), "No such service");
  EXPECT_EQ(ipvs_add_dest(&svc, &dest), -1);
  EXPECT_STREQ(ipvs_strerror(errno), "Service not defined");
  for (const auto operation : {list_table, list_services, list_dests, get_timeouts, list_daemons, get_info, get_service})
    kernel->refuse(operation, EPERM);
  errno = 0;
  EXPECT_EQ(ipvs_get_services(), nullptr);
  EXPECT_EQ(errno, EPERM);
  errno = 0;
  ipvs_service_entry_t entry{};
  EXPECT_EQ(ipvs_get_dests(&entry), nullptr);
  EXPECT_EQ(errno, EPERM);
  errno = 0;
  EXPECT_EQ(ipvs_get_timeout(), nullptr);
  EXPECT_EQ(errno, EPERM);
  errno = 0;
  EXPECT_EQ(ipvs_get_daemon(), nullptr);
  EXPECT_EQ(errno, EPERM);
  errno = 0;
  EXPECT_EQ(ipvs_getinfo(), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(ipvs_get_service(1, AF_INET, 0, {}, 0), nullptr);
}

TEST_F(CTest, AServiceWhoseServersCannotBeCountedIsNotOneWithoutServers) {
  auto svc = web();
  ASSERT_EQ(ipvs_add_service(&svc), 0);
  kernel->refuse(ipvs::Operation::list_dests, EINTR);
  errno = 0;
  EXPECT_EQ(ipvs_get_service(0, AF_INET, 6, svc.addr, svc.port), nullptr);
  EXPECT_EQ(errno, EINTR);
}

TEST_F(CTest, Info) {
  kernel->about = {.version = 0x010203, .conn_table_size = 8192, .api = 2, .release = {}};
  ASSERT_EQ(ipvs_getinfo(), 0);
  EXPECT_EQ(ipvs_info.version, 0x010203U);
  EXPECT_EQ(ipvs_info.size, 8192U);
  EXPECT_EQ(ipvs_version(), 0x010203U);
}

}  // namespace
