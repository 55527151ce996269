// SPDX-License-Identifier: GPL-2.0-or-later
// Which ipvsadm the scripts around it start.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace {

/// What is printed in a folder with an ipvsadm that says "mine", and a copy of `script` in its folder "scripts".
std::string printed(const std::string& script, const std::string& command) {
  std::FILE* shell = popen(("folder=$(mktemp -d) && mkdir $folder/scripts && cp ipvsadm/" + script +
                            " $folder/scripts && cd $folder && printf '#!/bin/sh\\necho mine\\n' >ipvsadm && "
                            "chmod 755 ipvsadm scripts/* && PATH=$folder/scripts:$PATH && { " +
                            command + "; } </dev/null 2>/dev/null; rm -r $folder")
                               .c_str(),
                           "r");
  EXPECT_TRUE(shell);
  char buffer[4096];
  std::string text(buffer, std::fread(buffer, 1, sizeof(buffer), shell));
  EXPECT_EQ(pclose(shell), 0);
  return text;
}

// Should another ipvsadm be started after all, it is to change nothing.
struct {
  std::string script, words;
} const kScripts[] = {{"ipvsadm-save", ""}, {"ipvsadm-restore", " --check-syntax"}};

TEST(Wrappers, StartTheIpvsadmBesideThem) {
  for (const auto& [script, words] : kScripts) {
    EXPECT_EQ(printed(script, "mv ipvsadm scripts; " + script + words), "mine\n");
    EXPECT_EQ(printed(script, "mv ipvsadm scripts; scripts/" + script + words), "mine\n");
    EXPECT_EQ(printed(script, "mv ipvsadm scripts; sh scripts/" + script + words), "mine\n");
  }
}

TEST(Wrappers, TheFileOfAKeyIsHandedOn) {
  const std::string tell = "printf '#!/bin/sh\\necho \"$*\"\\n' >ipvsadm; mv ipvsadm scripts; ";
  EXPECT_EQ(printed("ipvsadm-save", tell + "ipvsadm-save"), "-S -n\n");
  EXPECT_EQ(printed("ipvsadm-save", tell + "ipvsadm-save -n --sync-key-file=/etc/key"), "-S -n --sync-key-file=/etc/key\n");
}

TEST(Wrappers, StartNothingOfThePresentFolder) {
  const auto& [script, words] = kScripts[1];
  EXPECT_NE(printed(script, "bash " + script + words), "mine\n");
  EXPECT_NE(printed(script, script + words), "mine\n");
}

}  // namespace
