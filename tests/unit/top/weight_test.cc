// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/weight.hh"

#include <gtest/gtest.h>

#include "fake_kernel.hh"
#include "moments.hh"

namespace {

std::shared_ptr<FakeKernel> a_kernel() {
  auto kernel = std::make_shared<FakeKernel>();
  kernel->table = a_table().table;
  kernel->table[0].dests[1].u_threshold = 50;
  kernel->table[0].dests[1].method = IP_VS_CONN_F_TUNNEL;
  return kernel;
}

top::wish::SetWeight wanted(const FakeKernel& kernel, std::int32_t weight) {
  return {.service = kernel.table[0].service.key, .dest = kernel.table[0].dests[1].key, .weight = weight};
}

TEST(TopWeight, NothingElseChanges) {
  const auto kernel = a_kernel();
  const auto before = kernel->table;
  auto client = client_of(kernel);
  const auto outcome = top::set_weight(client, wanted(*kernel, 0));
  EXPECT_EQ(outcome.trouble, "");
  EXPECT_EQ(outcome.before, 1);
  EXPECT_EQ(kernel->table[0].dests[1].weight, 0);
  kernel->table[0].dests[1].weight = 1;
  EXPECT_EQ(kernel->table, before);
}

TEST(TopWeight, RefusalsAndRemarksAreTold) {
  const auto kernel = a_kernel();
  auto client = client_of(kernel);
  auto missing = wanted(*kernel, 5);
  missing.dest.port = 1;
  EXPECT_EQ(top::set_weight(client, missing).trouble, "is not there any more");
  kernel->remarks[ipvs::Operation::edit_dest] = "think again";
  EXPECT_EQ(top::set_weight(client, wanted(*kernel, 5)).remark, "think again");
  kernel->refuse(ipvs::Operation::edit_dest, EINVAL, "a reason");
  EXPECT_EQ(top::set_weight(client, wanted(*kernel, 5)).trouble, "a reason");
  kernel->refuse(ipvs::Operation::list_dests, EPERM, "not you");
  EXPECT_EQ(top::set_weight(client, wanted(*kernel, 5)).trouble, "not you");
}

}  // namespace
