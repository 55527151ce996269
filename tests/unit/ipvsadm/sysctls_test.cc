// SPDX-License-Identifier: GPL-2.0-or-later
#include "grammar/sysctls.hh"

#include <gtest/gtest.h>

namespace {

using ipvsadm::SysctlAction;
using Kind = ipvsadm::SysctlAction::Kind;

std::string shown(const std::string& word) {
  const auto actions = ipvsadm::parse_sysctl_actions(word);
  if (!actions) return "error: " + actions.error();
  std::string text;
  for (const SysctlAction& each : *actions) {
    text += each.kind == Kind::show ? "show " : each.kind == Kind::set ? "set " : "reset ";
    text += each.name + (each.kind == Kind::set ? "=" + each.value : "") + ";";
  }
  return text;
}

TEST(SysctlActions, Parts) {
  EXPECT_EQ(shown("drop_entry"), "show drop_entry;");
  EXPECT_EQ(shown("drop_entry=3,conntrack,^secure_tcp"), "set drop_entry=3;show conntrack;reset secure_tcp;");
  EXPECT_EQ(shown("est_nice=-5"), "set est_nice=-5;");
  EXPECT_EQ(shown("est_cpulist="), "set est_cpulist=;");
}

TEST(SysctlActions, CommasBeforeDigitsBelongToTheValue) {
  EXPECT_EQ(shown("est_cpulist=0,2-3,conntrack=1"), "set est_cpulist=0,2-3;set conntrack=1;");
  EXPECT_EQ(shown("sync_threshold=3,50"), "set sync_threshold=3 50;");
  EXPECT_EQ(shown("sync_threshold=3 50"), "set sync_threshold=3 50;");
  EXPECT_EQ(shown("est_cpulist=0,2"), "set est_cpulist=0,2;") << "one more behind the comma, and no name";
  EXPECT_EQ(shown("est_cpulist=0,2a"), "set est_cpulist=0,2a;");
  EXPECT_EQ(shown("a=1,b"), "set a=1;show b;");
  EXPECT_EQ(shown("a=1,b=2,c"), "set a=1;set b=2;show c;");
  EXPECT_EQ(shown("a=1,^b"), "set a=1;reset b;");
  EXPECT_EQ(shown("a=1,_b"), "set a=1;show _b;");
}

TEST(SysctlActions, NamesAreLettersDigitsAndUnderscores) {
  EXPECT_EQ(shown("a,z,A,Z,_,a09"), "show a;show z;show A;show Z;show _;show a09;");
  for (const char* beside : {"`", "{", "@", "[", "0", "9a"}) EXPECT_EQ(shown(beside), std::string("error: ") + beside);
  for (const char* beside : {"a/", "a:", "a-", "a.b"}) EXPECT_EQ(shown(beside), std::string("error: ") + beside);
}

TEST(SysctlActions, WhatIsNone) {
  EXPECT_EQ(shown(""), "error: ");
  EXPECT_EQ(shown("a,,b"), "error: ");
  EXPECT_EQ(shown("a,"), "error: ");
  EXPECT_EQ(shown("a=1,"), "error: ");
  EXPECT_EQ(shown("=3"), "error: =3");
  EXPECT_EQ(shown("^"), "error: ^");
  EXPECT_EQ(shown("^^a"), "error: ^^a");
  EXPECT_EQ(shown("a/b"), "error: a/b") << "a name is no path";
  EXPECT_EQ(shown("..=1"), "error: ..=1");
}

TEST(Sysctls, NearestName) {
  const std::vector<std::string> names = {"drop_entry", "drop_packet", "conntrack", "sync_ports"};
  EXPECT_EQ(ipvsadm::nearest_name("drop_entri", names), "drop_entry");
  EXPECT_EQ(ipvsadm::nearest_name("contrack", names), "conntrack");
  EXPECT_EQ(ipvsadm::nearest_name("sync_port", names), "sync_ports");
  EXPECT_EQ(ipvsadm::nearest_name("drop_packets", names), "drop_packet");
  EXPECT_EQ(ipvsadm::nearest_name("drop_pakcet", names), "drop_packet");
  EXPECT_EQ(ipvsadm::nearest_name("drp_entry", names), "drop_entry");
  EXPECT_EQ(ipvsadm::nearest_name("zzz", names), "");
  const std::vector<std::string> alike = {"abcd", "abce"};
  EXPECT_EQ(ipvsadm::nearest_name("abxy", alike), "abcd") << "half of it is changed; of equals it is the first";
  EXPECT_EQ(ipvsadm::nearest_name("axyz", alike), "") << "more than half";
  EXPECT_EQ(ipvsadm::nearest_name("xyzab", alike), "");
  EXPECT_EQ(ipvsadm::nearest_name("abxce", alike), "abce") << "one letter less, and not two";
  EXPECT_EQ(ipvsadm::nearest_name("", names), "");
  EXPECT_EQ(ipvsadm::nearest_name("x", {}), "");
}

TEST(Sysctls, Table) {
  const ipvsadm::SysctlValue values[] = {{"conntrack", "1", "0"}, {"strange", "5", {}}};
  EXPECT_EQ(
      ipvsadm::sysctl_table(values),
      "Name                      Value      Default    Meaning\n"
      "conntrack                 1          0          keep netfilter's tracking entries of connections\n"
      "strange                   5          -          -\n");
}

}  // namespace
