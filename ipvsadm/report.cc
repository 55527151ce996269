// SPDX-License-Identifier: GPL-2.0-or-later
#include "report.hh"

#include <cerrno>

namespace ipvsadm {
namespace {

/// For kernels that give no text of their own.
const char* causes(const ipvs::Error& error) {
  using enum ipvs::Operation;
  const bool service = error.operation == add_service || error.operation == edit_service;
  const bool dest = error.operation == add_dest || error.operation == edit_dest;
  switch (error.code) {
    case EINVAL:
      if (service) return "is the IPv6 netmask within 1..128?";
      if (dest)
        return "is the server's address unicast and not another host's link-local one, and, if its family "
               "differs from the service's, no sync daemon running?";
      if (error.operation == set_timeouts) return "a timeout is out of range; nothing was changed";
      if (error.operation == start_daemon)
        return "is the group multicast, and no server of another family than its service's configured?";
      return nullptr;
    case ERANGE:
      return dest ? "the lower threshold is above the upper, or the weight is negative" : nullptr;
    case ENODEV:
      return error.operation == start_daemon ? "there is no such multicast interface (--mcast-interface)"
                                             : nullptr;
    case EADDRNOTAVAIL:
    case ENETUNREACH:
      return error.operation == start_daemon ? "has the multicast interface an address and a route?"
                                             : nullptr;
    case EAFNOSUPPORT:
      return "is IPv6 enabled in the kernel?";
    default:
      return nullptr;
  }
}

}  // namespace

std::string error_text(const ipvs::Error& error, const std::string& where) {
  std::string text = where + error.summary() + "\n";
  const char* hint = causes(error);
  if (!error.detail.empty())
    text += where + "kernel: " + error.detail + "\n";
  else if (hint)
    text += where + "hint: " + hint + "\n";
  return text;
}

}  // namespace ipvsadm
