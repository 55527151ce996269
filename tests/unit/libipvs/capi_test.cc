// SPDX-License-Identifier: GPL-2.0-or-later
// The C interface's structures are copied into programs: every offset counts.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

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
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(ipvs_cmp_services(&list->entrytable[i], const_cast<ipvs_service_entry_t*>(&sorted[i])), 0) << i;
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
}

TEST(Describe, SpeaksOfTheOperation) {
  using enum ipvs::Operation;
  EXPECT_STREQ(ipvs::describe(add_service, EEXIST), "Service already exists");
  EXPECT_STREQ(ipvs::describe(add_dest, ESRCH), "Service not defined");
  EXPECT_STREQ(ipvs::describe(edit_dest, ENOENT), "No such destination");
  EXPECT_STREQ(ipvs::describe(stop_daemon, ESRCH), "No daemon is running");
  EXPECT_STREQ(ipvs::describe(flush, EPERM), "Permission denied (you must be root)");
  EXPECT_STREQ(ipvs::describe(add_dest, EINVAL),
               "Invalid operation.  Possibly wrong module version, address not unicast, ...");
  EXPECT_STREQ(ipvs::describe(add_dest, ERANGE), std::strerror(ERANGE));
}

TEST(Describe, TheKernelsWordsComeFirstInAMessage) {
  ipvs::Error error{
      .operation = ipvs::Operation::add_dest, .code = EINVAL, .origin = ipvs::Origin::kernel, .detail = ""};
  EXPECT_EQ(error.message(), error.summary());
  error.detail = "tunnel port is zero";
  EXPECT_EQ(error.message(), "tunnel port is zero");
}

}  // namespace
