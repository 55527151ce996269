// SPDX-License-Identifier: GPL-2.0-or-later
// A program of the first release: compiled with that release's header, linked with the library of today. What needs no
// kernel; with one, tests/lab/classic/ is built in the same way.
#include <gtest/gtest.h>
#include <libipvs.h>

#include <arpa/inet.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>


namespace {

ipvs_service_entry_t entry(std::uint32_t fwmark, std::uint16_t port, std::uint64_t connections) {
  ipvs_service_entry_t made{};
  made.af = AF_INET;
  made.fwmark = fwmark;
  made.protocol = IPPROTO_TCP;
  made.port = htons(port);
  made.stats64.outbps = connections;
  return made;
}

TEST(FirstRelease, SortsItsOwnLists) {
  auto* list = static_cast<ip_vs_get_services*>(std::calloc(1, sizeof(ip_vs_get_services) + 3 * sizeof(ipvs_service_entry_t)));
  list->num_services = 3;
  list->entrytable[0] = entry(7, 0, 3);
  list->entrytable[1] = entry(0, 443, 2);
  list->entrytable[2] = entry(0, 80, 1);
  ipvs_sort_services(list, ipvs_cmp_services);
  for (unsigned i = 0; i < 3; ++i)
    EXPECT_EQ(list->entrytable[i].stats64.outbps, i + 1) << "entries are as large as they were, to the last member";
  std::free(list);

  auto* dests = static_cast<ip_vs_get_dests*>(std::calloc(1, sizeof(ip_vs_get_dests) + 3 * sizeof(ipvs_dest_entry_t)));
  dests->num_dests = 3;
  for (unsigned i = 0; i < 3; ++i) {
    dests->entrytable[i].af = AF_INET;
    dests->entrytable[i].addr.ip = htonl(3 - i);
    dests->entrytable[i].tun_flags = static_cast<std::uint16_t>(3 - i);
  }
  ipvs_sort_dests(dests, ipvs_cmp_dests);
  for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(dests->entrytable[i].tun_flags, i + 1);
  std::free(dests);
}

TEST(FirstRelease, HasTheLibrarysVariable) {
  ipvs_close();
  ipvs_info.version = IPVS_VERSION(1, 2, 3);
  EXPECT_EQ(ipvs_version(), 0x10203U);
  EXPECT_STREQ(ipvs_strerror(ENOPROTOOPT), "Protocol not available");
}

}  // namespace
