// SPDX-License-Identifier: GPL-2.0-or-later
#include "sysctls.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sysctl_dir.hh"

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
}

TEST(SysctlActions, WhatIsNone) {
  EXPECT_EQ(shown(""), "error: ");
  EXPECT_EQ(shown("a,,b"), "error: ");
  EXPECT_EQ(shown("a,"), "error: ");
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

class SysctlDirTest : public testing::Test {
 protected:
  SysctlDirTest() {
    path_ = testing::TempDir() + "sysctls-" + std::to_string(getpid());
    std::filesystem::create_directory(path_);
    for (const char* name : {"zzz", "conntrack", "sync_threshold", "drop_entry"})
      std::ofstream(path_ + "/" + name) << "3\t50\n";
  }
  ~SysctlDirTest() override { std::filesystem::remove_all(path_); }
  std::string path_;
};

TEST_F(SysctlDirTest, KnownNamesComeFirst) {
  EXPECT_EQ(ipvsadm::SysctlDir(path_).names(),
            (std::vector<std::string>{"drop_entry", "conntrack", "sync_threshold", "zzz"}));
  EXPECT_EQ(ipvsadm::SysctlDir(path_ + "/none").names(), std::vector<std::string>());
}

TEST_F(SysctlDirTest, ReadsAndWrites) {
  const ipvsadm::SysctlDir dir(path_);
  EXPECT_EQ(dir.read("conntrack"), "3 50");
  EXPECT_TRUE(dir.write("conntrack", "17 1"));
  EXPECT_EQ(dir.read("conntrack"), "17 1");
  EXPECT_EQ(dir.read("none").error(), ENOENT);
  EXPECT_EQ(dir.write("none", "1").error(), ENOENT);
}

}  // namespace
