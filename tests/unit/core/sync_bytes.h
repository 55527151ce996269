// SPDX-License-Identifier: GPL-2.0-or-later
// Synchronisation messages as text: hex digits, and records as a line of a listing.
#pragma once

extern "C" {
#include "core/sync_message.h"
}

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

using SyncBytes = std::vector<u8>;

/// Digits in pairs; what stands between them does not matter.
inline SyncBytes FromHex(const std::string& text) {
  SyncBytes bytes;
  std::string pair;
  for (char c : text) {
    if (!isxdigit(static_cast<unsigned char>(c))) continue;
    pair += c;
    if (pair.size() == 2) bytes.push_back(static_cast<u8>(std::stoul(pair, nullptr, 16))), pair.clear();
  }
  EXPECT_EQ(pair, "") << text;
  return bytes;
}

inline std::string Hex(const SyncBytes& bytes) {
  std::string text;
  for (u8 byte : bytes) {
    char pair[3];
    snprintf(pair, sizeof pair, "%02x", byte);
    text += pair;
  }
  return text;
}

/// Messages that were captured from the kernel's own module, docs/sync-protocol.md lists them. From the top folder.
inline const std::string kSyncData = "tests/unit/data/sync/";

inline SyncBytes SyncFile(const std::string& name) {
  std::ifstream in(kSyncData + name + ".hex");
  EXPECT_TRUE(in) << name;
  return FromHex({std::istreambuf_iterator<char>(in), {}});
}

inline std::string SyncAddress(const ip_vs_sync_record& rec, const in6_addr& address, __be16 port) {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(rec.is_v6 ? AF_INET6 : AF_INET, &address, text, sizeof text);
  return (rec.is_v6 ? "[" + std::string(text) + "]" : text) + ":" + std::to_string(ntohs(port));
}

/// What becomes of a message: its records, and why there are no more. The bytes end where the message does.
struct SyncRead {
  std::vector<ip_vs_sync_record> records;
  std::vector<std::string> faults;  ///< names of reasons, with "!" where the rest is dropped
  ip_vs_sync_reader reader{};
};

inline SyncRead ReadSync(const SyncBytes& message, u8 syncid = 0) {
  SyncRead all;
  ip_vs_sync_reason reason = ip_vs_sync_open(&all.reader, message.data(), message.size(), syncid);
  if (reason != IP_VS_SYNC_FINE) {
    all.faults.push_back(ip_vs_sync_reason_name(reason) + std::string("!"));
    return all;
  }
  ip_vs_sync_reader way = all.reader;
  if (way.kind == IP_VS_SYNC_OURS) return all;
  for (;;) {
    ip_vs_sync_record rec;
    switch (ip_vs_sync_next(&way, &rec, &reason)) {
      case IP_VS_SYNC_END: return all;
      case IP_VS_SYNC_RECORD: all.records.push_back(rec); break;
      case IP_VS_SYNC_SKIPPED: all.faults.push_back(ip_vs_sync_reason_name(reason)); break;
      case IP_VS_SYNC_ABORTED:
        all.faults.push_back(ip_vs_sync_reason_name(reason) + std::string("!"));
        EXPECT_EQ(ip_vs_sync_next(&way, &rec, &reason), IP_VS_SYNC_END);
        return all;
    }
  }
}
