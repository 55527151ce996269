// SPDX-License-Identifier: GPL-2.0-or-later
// The socket options, called as no library would.
#pragma once

#include <linux/ip_vs.h>

#include <cstddef>

namespace control {

struct ServiceAndDest {
  ip_vs_service_user service;
  ip_vs_dest_user dest;
};

/// Owns a socket. Both return 0 or an errno value.
class OptionSocket {
 public:
  OptionSocket(int family, int type, int protocol);
  OptionSocket(const OptionSocket&) = delete;
  OptionSocket& operator=(const OptionSocket&) = delete;
  ~OptionSocket();

  int set(int option, const void* value, unsigned length) const;
  /// `length`: in and out.
  int get(int option, void* value, unsigned& length) const;

 private:
  int fd_;
};

}  // namespace control
