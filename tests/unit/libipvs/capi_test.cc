// SPDX-License-Identifier: GPL-2.0-or-later
// The C interface's structures are copied into programs: every offset counts.
#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "fake_files.hh"
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
      {add_service, ENOSPC, "As many services as the sysctl svc_max allows"},
      {add_dest, ENOSPC, "As many servers as the sysctl dest_max allows"},
      {start_daemon, EOPNOTSUPP, "A daemon's option that this module, or the way to it, does not know"},
      {list_daemons, ESRCH, "No daemon is running"},
      {get_daemon_status, ESRCH, "No daemon is running"},
      {get_daemon_status, EOPNOTSUPP, "This module does not tell how synchronisation goes"},
      {list_drops, EOPNOTSUPP, "This module does not count drops by their reasons"},
      {get_sysctl, ENOENT, "No such sysctl"},
      {set_sysctl, ENOENT, "No such sysctl"},
      {set_sysctl, EINVAL, "Not a value for this sysctl"},
      {list_connections, EINVAL, "Invalid filter"},
      {list_connections, EAFNOSUPPORT, "Unknown address family"},
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
  std::vector<ipvs::Result<void>> apply(std::span<const ipvs::Change> changes, std::vector<ipvs::Remark>& remarks) override {
    told_.insert(told_.end(), changes.begin(), changes.end());
    return FakeBackend::apply(changes, remarks);
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

  std::shared_ptr<FakeTree> tree = std::make_shared<FakeTree>();

  void SetUp() override {
    ipvs::use_in_c(ipvs::make_client(std::make_unique<Recorder>(kernel, told), std::make_unique<FakeFiles>(tree)));
  }
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
  Freed<ipvs_daemon_extra> none{ipvs_get_daemon_extra(IP_VS_STATE_BACKUP)};
  ASSERT_TRUE(none);
  EXPECT_TRUE(none.pointer->num_peers == 0 && !none.pointer->has_key && !none.pointer->peers);
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

/// A refusal of the library itself: nothing was told to the kernel.
#define REFUSED(call, code, text)            \
  do {                                       \
    told.clear();                            \
    EXPECT_EQ(call, -1);                     \
    EXPECT_EQ(errno, code);                  \
    EXPECT_STREQ(ipvs_error_text(), text);   \
    EXPECT_TRUE(told.empty()) << #call;      \
  } while (false)

TEST_F(CTest, DaemonsWithPeersAndKeys) {
  ipvs_daemon_t daemon{};
  daemon.state = IP_VS_STATE_MASTER;
  std::strcpy(daemon.mcast_ifn, "eth1");
  nf_inet_addr peers[2]{};
  inet_pton(AF_INET6, "fd09::1", &peers[0]);
  inet_pton(AF_INET6, "fd09::2", &peers[1]);
  ipvs_daemon_extra extra{};
  extra.size = sizeof(extra);
  extra.key = "0123456789abcdef";
  extra.key_len = 16;
  extra.peer_af = AF_INET6;
  extra.num_peers = 2;
  extra.peers = peers;
  ASSERT_EQ(ipvs_start_daemon_with(&daemon, &extra), 0);
  const auto started = last<ipvs::change::StartDaemonWith>().daemon;
  EXPECT_EQ(started->interface, "eth1");
  EXPECT_EQ(started->key, "0123456789abcdef");
  EXPECT_EQ(started->peer_addresses, (std::vector{ipvs::Address::parse("fd09::1"), ipvs::Address::parse("fd09::2")}));
  Freed<ipvs_daemon_extra> known{ipvs_get_daemon_extra(IP_VS_STATE_MASTER)};
  ASSERT_TRUE(known);
  EXPECT_EQ(known.pointer->size, sizeof(extra));
  EXPECT_EQ(known.pointer->key, nullptr);
  EXPECT_TRUE(known.pointer->has_key);
  EXPECT_EQ(known.pointer->peer_af, AF_INET6);
  ASSERT_EQ(known.pointer->num_peers, 2U);
  EXPECT_EQ(std::memcmp(known.pointer->peers, peers, sizeof(peers)), 0);
  errno = 0;
  EXPECT_EQ(ipvs_get_daemon_extra(IP_VS_STATE_BACKUP), nullptr);
  EXPECT_EQ(errno, ESRCH);
  ASSERT_EQ(ipvs_stop_daemon(&daemon), 0);
  ASSERT_EQ(ipvs_start_daemon_with(&daemon, nullptr), 0);
  (void)last<ipvs::change::StartDaemon>();
  // A later program's structure, and others that make no sense.
  struct {
    ipvs_daemon_extra known{};
    int more = 1;
  } later;
  later.known.size = sizeof(later);
  REFUSED(ipvs_start_daemon_with(&daemon, &later.known), E2BIG,
          "the structure of a daemon's key and peers asks for what this library does not know");
  later.more = 0;
  auto wrong = extra;
  wrong.size = 0;
  REFUSED(ipvs_start_daemon_with(&daemon, &wrong), EINVAL, "the structure of a daemon's key and peers does not say its size");
  wrong = extra;
  wrong.peer_af = 99;
  REFUSED(ipvs_start_daemon_with(&daemon, &wrong), EAFNOSUPPORT, "the peers' address family is 99, which is unknown");
  wrong = extra;
  wrong.peers = nullptr;
  REFUSED(ipvs_start_daemon_with(&daemon, &wrong), EINVAL,
          "there is a number of peers, or a key's length, and nothing that it is of");
  wrong = extra;
  wrong.key_len = 0;
  REFUSED(ipvs_start_daemon_with(&daemon, &wrong), EINVAL, "the key is empty");
}

TEST_F(CTest, TheStatusOfDaemons) {
  std::string text;
  const auto figure = [](const char* name, std::uint64_t value, void* arg) {
    *static_cast<std::string*>(arg) += std::string(name) + "=" + std::to_string(value) + ";";
    return std::string_view(name) == "last" ? 7 : 0;
  };
  const auto peer = [](const ipvs_sync_peer* each, void* arg) {
    *static_cast<std::string*>(arg) += std::to_string(each->af) + " " + std::to_string(each->thread) + " " +
                                       std::to_string(each->is_alive) + " " + std::to_string(each->heard_ms) + " " +
                                       std::to_string(each->messages) + " " + std::to_string(each->lost) + " " +
                                       std::to_string(each->lag_ms) + " " + std::to_string(each->queued) + " " +
                                       std::to_string(each->entries) + ";";
    return 0;
  };
  tree->content[ipvs::procfs::kTotals] = "";
  REFUSED(ipvs_for_each_sync_figure(IP_VS_STATE_MASTER, figure, &text), EOPNOTSUPP,
          "This module does not tell how synchronisation goes");
  tree->content[ipvs::procfs::kSync] =
      "backup messages:\t3\nbackup dropped size:\t1\nbackup last:\t9\nbackup never:\t1\n"
      "backup heard:\taddress=10.9.0.1 thread=2 heard_ms=3 messages=4 alive=yes lost=5 lag_ms=6 queued=7 entries=8\n"
      "backup heard:\taddress=10.9.0.2 thread=0 heard_ms=1 messages=2\n"
      "backup heard:\taddress=10.9.0.3 thread=0 heard_ms=9 messages=2 alive=no\n";
  REFUSED(ipvs_for_each_sync_figure(IP_VS_STATE_MASTER, figure, &text), ESRCH, "no such daemon runs");
  REFUSED(ipvs_for_each_sync_peer(IP_VS_STATE_MASTER, peer, &text), ESRCH, "no such daemon runs");
  EXPECT_EQ(ipvs_for_each_sync_figure(IP_VS_STATE_BACKUP, figure, &text), 7);
  EXPECT_EQ(text, "messages=3;dropped size=1;last=9;");
  text.clear();
  EXPECT_EQ(ipvs_for_each_sync_peer(IP_VS_STATE_BACKUP, peer, &text), 0);
  EXPECT_EQ(text, "2 2 1 3 4 5 6 7 8;2 0 -1 1 2 0 0 0 0;2 0 0 9 2 0 0 0 0;");
}

TEST_F(CTest, WhatDoesNotFitIsRefusedAndNotCut) {
  auto svc = web();
  ASSERT_EQ(ipvs_add_service(&svc), 0);
  ipvs_daemon_t daemon{};
  daemon.state = IP_VS_STATE_MASTER;
  std::strcpy(daemon.mcast_ifn, "eth0");
  auto wrong = daemon;
  wrong.mcast_ttl = 256;
  REFUSED(ipvs_start_daemon(&wrong), EINVAL, "time to live 256 is not within 0 to 255");
  wrong = daemon;
  wrong.sync_maxlen = 65536;
  REFUSED(ipvs_start_daemon(&wrong), EINVAL, "message size 65536 is not within 0 to 65535");
  wrong.sync_maxlen = -1;
  REFUSED(ipvs_start_daemon(&wrong), EINVAL, "message size -1 is not within 0 to 65535");
  wrong = daemon;
  wrong.syncid = -1;
  REFUSED(ipvs_start_daemon(&wrong), EINVAL, "sync id -1 is negative");
  wrong = daemon;
  wrong.mcast_af = 99;
  REFUSED(ipvs_start_daemon(&wrong), EAFNOSUPPORT, "the multicast group's address family is 99, which is unknown");
  ASSERT_EQ(ipvs_start_daemon(&daemon), 0);
  wrong = daemon;
  wrong.mcast_ttl = 256;
  EXPECT_EQ(ipvs_stop_daemon(&wrong), 0) << "only the state counts";
  daemon.mcast_ttl = 255;
  daemon.sync_maxlen = 65535;
  ASSERT_EQ(ipvs_start_daemon(&daemon), 0);
  EXPECT_EQ(last<ipvs::change::StartDaemon>().daemon.ttl, 255);
  EXPECT_EQ(last<ipvs::change::StartDaemon>().daemon.sync_maxlen, 65535);

  auto dest = server();
  dest.tun_type = 256 + IP_VS_CONN_F_TUNNEL_TYPE_GRE;
  REFUSED(ipvs_add_dest(&svc, &dest), EINVAL, "tunnel type 258 is unknown");
  REFUSED(ipvs_update_dest(&svc, &dest), EINVAL, "tunnel type 258 is unknown");
  dest = server();
  dest.af = 99;
  for (const auto call : {ipvs_add_dest, ipvs_update_dest, ipvs_del_dest})
    REFUSED(call(&svc, &dest), EAFNOSUPPORT, "the server's address family is 99, which is unknown");
}

TEST_F(CTest, TheTextIsTheKernelsIfThereIsOne) {
  auto svc = web();
  EXPECT_EQ(ipvs_del_service(&svc), -1);
  EXPECT_STREQ(ipvs_error_text(), "No such service");
  kernel->refuse(ipvs::Operation::add_service, EINVAL, "port 0 needs persistence");
  EXPECT_EQ(ipvs_add_service(&svc), -1);
  EXPECT_STREQ(ipvs_error_text(), "port 0 needs persistence");
  EXPECT_STREQ(ipvs_strerror(EINVAL), "Invalid operation.  Possibly wrong module version, address not unicast, ...");
  EXPECT_EQ(ipvs_del_service(&svc), -1);
  EXPECT_STREQ(ipvs_error_text(), "No such service") << "and not that of the call before";
}

TEST_F(CTest, ARemarkIsThatOfTheLastChange) {
  auto svc = web();
  EXPECT_STREQ(ipvs_remark(), "");
  kernel->remarks[ipvs::Operation::add_service] = "it may surprise";
  ASSERT_EQ(ipvs_add_service(&svc), 0);
  EXPECT_STREQ(ipvs_remark(), "it may surprise");
  EXPECT_EQ(ipvs_add_service(&svc), -1);
  EXPECT_STREQ(ipvs_remark(), "") << "a refusal is none";
  EXPECT_STREQ(ipvs_error_text(), "Service already exists");
  ASSERT_EQ(ipvs_flush(), 0);
  ASSERT_EQ(ipvs_add_service(&svc), 0);
  EXPECT_STREQ(ipvs_remark(), "it may surprise");
  Freed<ip_vs_get_services> list{ipvs_get_services()};
  EXPECT_STREQ(ipvs_remark(), "") << "good until the next call";
}

TEST_F(CTest, LimitsOfTheNamespaceAreNamed) {
  auto svc = web();
  ipvs_dest_t dest{};
  dest.addr.ip = inet_addr("10.0.0.1");
  kernel->refuse(ipvs::Operation::add_service, ENOSPC);
  EXPECT_EQ(ipvs_add_service(&svc), -1);
  EXPECT_STREQ(ipvs_strerror(errno), "As many services as the sysctl svc_max allows");
  kernel->refuse(ipvs::Operation::add_dest, ENOSPC);
  EXPECT_EQ(ipvs_add_dest(&svc, &dest), -1);
  EXPECT_STREQ(ipvs_strerror(errno), "As many servers as the sysctl dest_max allows");
}

struct Seen {
  std::string text;
  int stop_at = 0, calls = 0;
};

int see(const ipvs_connection* c, void* arg) {
  auto* seen = static_cast<Seen*>(arg);
  char client[INET6_ADDRSTRLEN];
  seen->text += std::to_string(c->protocol) + " " + inet_ntop(c->af, &c->caddr, client, sizeof(client)) + ":" +
                std::to_string(ntohs(c->cport)) + " " + std::to_string(ntohs(c->vport)) + " " +
                std::to_string(ntohs(c->dport)) + " " + c->state + " " + std::to_string(c->expires) + " " +
                (c->pe_name ? c->pe_name : "-") + " " + std::string(c->pe_data, c->pe_data_len) + "\n";
  return ++seen->calls == seen->stop_at ? 7 : 0;
}

TEST_F(CTest, Connections) {
  tree->content[ipvs::procfs::kConnections] =
      "title\n"
      "TCP C0A80107 1F40 0A010064 0050 0A02010B 1F90 ESTABLISHED     899\n"
      "UDP fd01:0000:0000:0000:0000:0000:0000:0077 13C4 fd01:0000:0000:0000:0000:0000:0000:0100 13C5 0A02010B 0035 UDP "
      "300 sip id@host\n";
  Seen all;
  EXPECT_EQ(ipvs_for_each_connection(nullptr, see, &all), 0);
  EXPECT_EQ(all.text, "6 192.168.1.7:8000 80 8080 ESTABLISHED 899 - \n17 fd01::77:5060 5061 53 UDP 300 sip id@host\n");
  Seen first{.text = {}, .stop_at = 1};
  EXPECT_EQ(ipvs_for_each_connection(nullptr, see, &first), 7);
  EXPECT_EQ(first.calls, 1);

  const auto count = [&](auto set) {
    ipvs_connection_filter filter{};
    filter.size = sizeof(filter);
    set(filter);
    Seen seen;
    EXPECT_EQ(ipvs_for_each_connection(&filter, see, &seen), 0);
    return seen.calls;
  };
  EXPECT_EQ(count([](auto&) {}), 2);
  EXPECT_EQ(count([](auto& f) { f.protocol = IPPROTO_UDP; }), 1);
  EXPECT_EQ(count([](auto& f) { f.cport = htons(8000); }), 1);
  EXPECT_EQ(count([](auto& f) { f.vport = htons(5061); }), 1);
  EXPECT_EQ(count([](auto& f) { f.dport = htons(1); }), 0);
  EXPECT_EQ(count([](auto& f) { f.state = "UDP"; }), 1);
  EXPECT_EQ(count([](auto& f) { f.daf = AF_INET, f.daddr.ip = htonl(0x0a02010b); }), 2);
  EXPECT_EQ(count([](auto& f) { f.caf = AF_INET, f.caddr.ip = htonl(0x0a02010b); }), 0);
  EXPECT_EQ(count([](auto& f) { f.vaf = AF_INET, f.vaddr.ip = htonl(0x0a010064); }), 1);
}

/// A callback may use the library, and end that use.
TEST_F(CTest, CallbacksMayClose) {
  std::string& rows = tree->content[ipvs::procfs::kConnections] = "title\n";
  for (int i = 0; i < 3; ++i) rows += "TCP C0A80107 1F40 0A010064 0050 0A02010B 1F90 ESTABLISHED     899\n";
  tree->piece = 10;
  const auto close = [](const auto*, void* calls) {
    ipvs_close();
    ++*static_cast<int*>(calls);
    return 0;
  };
  int calls = 0;
  EXPECT_EQ(ipvs_for_each_connection(nullptr, close, &calls), 0);
  EXPECT_EQ(calls, 3);

  SetUp();
  tree->sysctl("a") = "1\n";
  tree->sysctl("b") = "2\n";
  const auto close_too = [](const char*, const char*, void* calls) {
    ipvs_close();
    ++*static_cast<int*>(calls);
    return 0;
  };
  EXPECT_EQ(ipvs_for_each_sysctl(close_too, &calls), 0);
  EXPECT_EQ(calls, 5);
}

TEST_F(CTest, FiltersOfOtherReleases) {
  tree->content[ipvs::procfs::kConnections] =
      "title\nTCP C0A80107 1F40 0A010064 0050 0A02010B 1F90 ESTABLISHED     899\n";
  struct {
    ipvs_connection_filter known;
    std::uint64_t later;
  } wide{};
  wide.known.size = sizeof(wide);
  Seen seen;
  EXPECT_EQ(ipvs_for_each_connection(&wide.known, see, &seen), 0) << "it asks for nothing new";
  wide.later = 1;
  REFUSED(ipvs_for_each_connection(&wide.known, see, &seen), E2BIG, "the filter asks for what this library does not know");
  ipvs_connection_filter narrow{};
  narrow.size = offsetof(ipvs_connection_filter, cport);
  narrow.protocol = IPPROTO_UDP;
  narrow.cport = 1;
  seen = {};
  EXPECT_EQ(ipvs_for_each_connection(&narrow, see, &seen), 0);
  EXPECT_EQ(seen.calls, 0);
  narrow.protocol = IPPROTO_TCP;
  EXPECT_EQ(ipvs_for_each_connection(&narrow, see, &seen), 0);
  EXPECT_EQ(seen.calls, 1) << "what is behind its size is not looked at";
  narrow.size = 0;
  REFUSED(ipvs_for_each_connection(&narrow, see, &seen), EINVAL, "the filter does not say its size");
  narrow.size = sizeof(narrow);
  narrow.caf = 99;
  REFUSED(ipvs_for_each_connection(&narrow, see, &seen), EAFNOSUPPORT, "address family 99 is unknown");
}

TEST_F(CTest, TotalsDropsAndSysctls) {
  ip_vs_stats64 totals{};
  errno = 0;
  EXPECT_EQ(ipvs_get_totals(&totals), -1);
  EXPECT_EQ(errno, ENOENT);
  tree->content[ipvs::procfs::kTotals] = " 1 2 3 4 5\n\n 6 7 8 9 A\n";
  ASSERT_EQ(ipvs_get_totals(&totals), 0);
  EXPECT_EQ(totals.outbytes, 5U);
  EXPECT_EQ(totals.outbps, 10U);

  const ipvs_drop_cb drop = [](const char* reason, std::uint64_t packets, void* arg) {
    *static_cast<std::string*>(arg) += reason + std::to_string(packets);
    return 0;
  };
  std::string text;
  REFUSED(ipvs_for_each_drop(drop, &text), EOPNOTSUPP, "this module does not count drops by their reasons");
  tree->content[ipvs::procfs::kDrops] = "ttl 3\nlro 0\n";
  EXPECT_EQ(ipvs_for_each_drop(drop, &text), 0);
  EXPECT_EQ(text, "ttl3lro0");

  tree->sysctl("conntrack") = "0\n";
  tree->sysctl("sync_threshold") = "3\t50\n";
  EXPECT_EQ(ipvs_get_sysctl("nosuch"), nullptr);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_STREQ(ipvs_error_text(), "this module has no sysctl nosuch");
  EXPECT_EQ(ipvs_set_sysctl("conntrack", "1"), 0);
  Freed<char> value{ipvs_get_sysctl("conntrack")};
  ASSERT_TRUE(value);
  EXPECT_STREQ(value.pointer, "1");
  const ipvs_sysctl_cb setting = [](const char* name, const char* each, void* arg) {
    *static_cast<std::string*>(arg) += name + std::string("=") + each + ";";
    return name[0] == 's' ? 5 : 0;
  };
  text.clear();
  EXPECT_EQ(ipvs_for_each_sysctl(setting, &text), 5);
  EXPECT_EQ(text, "conntrack=1;sync_threshold=3 50;");
}

}  // namespace
