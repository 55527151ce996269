// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel tells, for tests.
#pragma once

// libipvs.h wants to be the first to include <linux/ip_vs.h>.
#ifndef _IP_VS_H
#include "libipvs.h"
#endif
#include <sys/socket.h>

#include "bytes.hh"

namespace answers {

/// The attribute of a service by a mark.
inline bytes::Bytes service_of_mark(std::uint32_t mark) {
  using namespace bytes;
  return attr(IPVS_CMD_ATTR_SERVICE,
              attr(IPVS_SVC_ATTR_AF, number<std::uint16_t>(AF_INET)) + attr(IPVS_SVC_ATTR_FWMARK, number(mark)) +
                  attr(IPVS_SVC_ATTR_SCHED_NAME, text("rr")) + attr(IPVS_SVC_ATTR_FLAGS, hex("00000000 ffffffff")) +
                  attr(IPVS_SVC_ATTR_TIMEOUT, number(0U)) + attr(IPVS_SVC_ATTR_NETMASK, number(~0U)));
}

}  // namespace answers
