// SPDX-License-Identifier: GPL-2.0-or-later
// --check: the director is looked over, and nothing of it is changed.

#include <cstring>

#include "apply/run.hh"
#include "base/format.hh"
#include "check/rules.hh"
#include "check/text.hh"

namespace ipvsadm {

int Runner::carry_out(const Check& check) {
  // Without the module there is no director, and none becomes one by being looked at.
  const auto client = reached(session_.client_if_there());
  if (!client) return client.error();
  check::System system;
  if (const auto done = check::gather_ipvs(**client, system); !done) return failed_listing(done.error());
  if (const auto done = world_.look_around(system, check.asks); !done)
    return unreadable(done.error().what, done.error().code, exit_code::listing_failed);
  const auto found = check::findings(system);
  print(check.json ? check::json_findings(found) : check::findings_text(found));
  return check::is_at_fault(found) ? code_of(Failure::found, exit_code::found) : exit_code::ok;
}

}  // namespace ipvsadm
