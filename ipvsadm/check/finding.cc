// SPDX-License-Identifier: GPL-2.0-or-later
#include "check/finding.hh"

#include <algorithm>
#include <iterator>

namespace ipvsadm::check {
namespace {

using enum Severity;

constexpr KindRow kKinds[] = {
    {Kind::address_missing, "address-missing", error, "a virtual address is not an address of this machine"},
    {Kind::address_down, "address-down", error, "the device with a virtual address is down"},
    {Kind::address_duplicate, "address-duplicate", error,
     "another machine has had a virtual address of IPv6 first"},
    {Kind::address_mask_loopback, "address-mask-loopback", error,
     "a virtual address on the loopback device takes its whole network with it"},
    {Kind::address_mask, "address-mask", warning,
     "a virtual address has the mask of its network beside an address of that network"},
    {Kind::address_unanswered, "address-unanswered", error,
     "a virtual address of IPv6 is not on the device that its network is on"},
    {Kind::address_elsewhere, "address-elsewhere", note,
     "another machine has the virtual address: this director waits"},
    {Kind::address_in_use, "address-in-use", error,
     "another machine answers for a virtual address that is here"},
    {Kind::server_answers, "server-answers", error,
     "a real server answers when the network asks for a virtual address"},
    {Kind::source_is_virtual, "source-is-virtual", error,
     "this machine speaks with a server in the name of an address that the server has, too"},
    {Kind::service_empty, "service-empty", warning, "a service has no servers"},
    {Kind::service_quiesced, "service-quiesced", warning, "all servers of a service have weight 0"},
    {Kind::service_overloaded, "service-overloaded", warning,
     "all servers of a service have reached their upper threshold"},
    {Kind::server_no_route, "server-no-route", error, "there is no route to a server"},
    {Kind::server_unreachable, "server-unreachable", error,
     "a server, or the router on the way to it, does not answer"},
    {Kind::dr_not_connected, "dr-not-connected", error, "a server of direct routing is behind a router"},
    {Kind::nat_no_forwarding, "nat-no-forwarding", error, "replies of NAT servers are not forwarded"},
    {Kind::nat_redirects, "nat-redirects", warning,
     "NAT servers are told by ICMP to answer clients past the director"},
    {Kind::nat_no_answer, "nat-no-answer", error, "packets go to a NAT server and none comes back"},
    {Kind::nat_client_beside_server, "nat-client-beside-server", warning,
     "a client is in the network of its NAT server, which answers it directly"},
    {Kind::nat_behind_router, "nat-behind-router", warning,
     "a NAT server is behind the router that leads to the clients"},
    {Kind::nat_rules_bypassed, "nat-rules-bypassed", note,
     "rules of netfilter that translate addresses do not see balanced connections"},
    {Kind::tunnel_mtu, "tunnel-mtu", note, "full packets of clients do not fit into the tunnel"},
    {Kind::source_filter, "source-filter", warning, "rp_filter has dropped packets"},
    {Kind::firewall, "firewall", warning, "rules of netfilter seem to drop the packets of a service"},
    {Kind::firewall_legacy, "firewall-legacy", note,
     "there are rules of iptables-legacy, which are not read"},
    {Kind::defense_always, "defense-always", warning, "a defence against overload is always on"},
    {Kind::fast_path_idle, "fast-path-idle", warning, "the fast path is on and takes nothing"},
    {Kind::sync_interface, "sync-interface", error, "a sync daemon cannot speak over its interface"},
    {Kind::module_of_kernel, "module-of-kernel", note,
     "the kernel's own module is loaded although ours is installed"},
    {Kind::not_checked, "not-checked", note, "something could not be looked at"},
};
static_assert(std::size(kKinds) == static_cast<std::size_t>(Kind::count));
static_assert(
    [] {
      for (std::size_t i = 0; i < std::size(kKinds); ++i)
        if (kKinds[i].kind != static_cast<Kind>(i)) return false;
      return true;
    }(),
    "a row for each kind, in its place");

}  // namespace

std::span<const KindRow> kinds() { return kKinds; }

const KindRow& row_of(Kind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

const char* severity_name(Severity severity) {
  return severity == error ? "error" : severity == warning ? "warning" : "note";
}

bool is_at_fault(std::span<const Finding> findings) {
  return std::ranges::any_of(findings,
                             [](const Finding& each) { return row_of(each.kind).severity != note; });
}

}  // namespace ipvsadm::check
