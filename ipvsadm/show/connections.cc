// SPDX-License-Identifier: GPL-2.0-or-later
#include "show/connections.hh"

#include "base/format.hh"
#include "base/words.hh"
#include "grammar/text.hh"

namespace ipvsadm {
std::string connection_titles(bool persistence) {
  constexpr auto title = "IPVS connection entries\n";
  if (persistence)
    return formatted("{}pro expire {:<11} {:<18} {:<18} {:<18} {:<16} {}\n", title, "state", "source",
                       "virtual", "destination", "pe name", "pe_data");
  return formatted("{}pro expire {:<11} {:<18} {:<18} {}\n", title, "state", "source", "virtual",
                     "destination");
}

std::string connection_text(const ipvs::Connection& c, bool persistence, Names* names) {
  const std::string expire = formatted("{:02}:{:02}", c.expires / 60, c.expires % 60);
  const std::string client = endpoint_text(c.client, c.client_port, c.protocol, names);
  const std::string virt = endpoint_text(c.virt, c.virt_port, c.protocol, names);
  const std::string dest = endpoint_text(c.dest, c.dest_port, c.protocol, names);
  const std::string start =
      formatted("{:<3} {:<6} {:<11} {:<18} {:<18} ", ipvs::protocol_name(c.protocol), expire, c.state, client, virt);
  // The data came from the network.
  if (persistence && !c.pe.empty())
    return formatted("{}{:<16} {:<18} {}\n", start, dest, c.pe, escaped(c.pe_data));
  return start + dest + "\n";
}

}  // namespace ipvsadm
