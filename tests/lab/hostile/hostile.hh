// SPDX-License-Identifier: GPL-2.0-or-later
// The lab's hostile neighbour: packets and changes of the configuration by chance, from a seed.
#pragma once

#include "../network.hh"

namespace hostile {

using lab::enter;
using lab::fail;

/// Sends @count packets into the director, namespace d. @is_wire_only: nothing of this process stays in it.
int send_packets(unsigned long count, unsigned long seed, bool is_wire_only);
/// Changes what is configured in its own namespace until it gets a signal; then all is as it was in the beginning.
int stir(unsigned long seed);

}  // namespace hostile
