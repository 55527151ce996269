// SPDX-License-Identifier: GPL-2.0-or-later
// A resolver that knows a handful of names.
#pragma once

#include <netinet/in.h>

#include "names/names.hh"

class FakeNames : public ipvsadm::Names {
 public:
  std::optional<ipvs::Address> address_of(const std::string& host, std::uint16_t family) override {
    if (host == "vip" && family == AF_INET) return ipvs::Address::parse("10.9.9.9");
    if (host == "six" && family == AF_INET6) return ipvs::Address::parse("fd00::1");
    return {};
  }
  std::optional<std::uint16_t> port_of(const std::string& service, std::uint16_t protocol) override {
    if (service == "http" && protocol == IPPROTO_TCP) return 80;
    if (service == "domain") return 53;
    return {};
  }
  std::optional<std::string> host_at(const ipvs::Address& address) override {
    if (address == ipvs::Address::parse("10.9.9.9")) return "vip.example.com";
    if (address == ipvs::Address::parse("fd00::1")) return "six.example.com";
    if (address == ipvs::Address::parse("10.0.0.77"))
      return "a-very-long-name-indeed.of-a-server.example.com";
    return {};
  }
  std::optional<std::string> service_at(std::uint16_t port, std::uint16_t protocol) override {
    if (port == 80 && protocol == IPPROTO_TCP) return "http";
    return {};
  }
  std::optional<std::uint32_t> mark_of(const std::string& name) override {
    if (name == "web") return 7;
    return {};
  }
  std::optional<std::string> mark_name(std::uint32_t mark) override {
    if (mark == 7) return "web";
    return {};
  }
  void prepare(std::span<const ipvs::Address>) override {}
  void prepare(std::span<const Host>) override {}
};
