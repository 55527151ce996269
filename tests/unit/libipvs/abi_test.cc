// SPDX-License-Identifier: GPL-2.0-or-later
// Sizes and places in the structures of ipvs::v1, as programs have them compiled in (libstdc++, 64 bits). A change here is
// another ABI: see include/ipvs/abi.hh.
#include <gtest/gtest.h>

#include <cstddef>
#include <type_traits>

#include "ipvs/client.hh"

#pragma GCC diagnostic ignored "-Winvalid-offsetof"
#define SIZE(type, size) static_assert(sizeof(ipvs::v1::type) == (size))
#define AT(type, member, offset) static_assert(offsetof(ipvs::v1::type, member) == (offset))

SIZE(Reserve, 32);
SIZE(Address, 18);
SIZE(ServiceKey, 28);
SIZE(Service, 144);
AT(Service, netmask, 72);
AT(Service, pe, 80);
AT(Service, reserve, 112);
SIZE(Stats, 112);
SIZE(ServiceEntry, 288);
SIZE(DestKey, 20);
SIZE(Dest, 80);
AT(Dest, reserve, 48);
SIZE(DestEntry, 240);
SIZE(Timeouts, 48);
SIZE(Daemon, 104);
AT(Daemon, reserve, 72);
SIZE(DaemonConfig, 192);
AT(DaemonConfig, peer_addresses, 104);
AT(DaemonConfig, key, 128);
SIZE(SyncPeer, 120);
SIZE(SyncFigure, 40);
SIZE(DaemonStatus, 88);
SIZE(Info, 80);
SIZE(Drop, 40);
SIZE(StatusFigure, 40);
SIZE(Table, 104);
SIZE(Connection, 200);
SIZE(ConnectionFilter, 144);
SIZE(Error, 80);
SIZE(TableError, 112);
SIZE(Remark, 112);
AT(Remark, reserve, 80);
SIZE(Client, sizeof(void*));
SIZE(Listing, sizeof(void*));
SIZE(Change, 152);
static_assert(std::is_same_v<ipvs::Service, ipvs::v1::Service>, "a mixture does not link");

// What becomes of the reserve may have no constructor: an old program copies its bytes.
static_assert(std::is_trivially_copyable_v<ipvs::Reserve>);

TEST(Abi, WhatIsReservedIsZero) {
  EXPECT_EQ(ipvs::Service().reserve, ipvs::Reserve());
  EXPECT_EQ(ipvs::Reserve().words, (std::array<std::uint64_t, 4>{}));
}

TEST(Mask, IsTheWholeAddressByDefault) {
  ipvs::Service service;
  EXPECT_EQ(service.mask(), 0xffffffffU);
  service.key.family = AF_INET6;
  EXPECT_EQ(service.mask(), 128U);
  service.netmask = 64;
  EXPECT_EQ(service.mask(), 64U);
  service.netmask = 0;
  EXPECT_EQ(service.mask(), 0U) << "what is asked for is not made something else";
}
