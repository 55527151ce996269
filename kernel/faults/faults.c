// SPDX-License-Identifier: GPL-2.0-only
/* When an allocation fails in a test build: /sys/module/ip_vs/parameters/fail_every and failed. */
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/moduleparam.h>
#include "faults/gate.h"

static uint fail_every;
module_param(fail_every, uint, 0644);
MODULE_PARM_DESC(fail_every, "every so many allocations one fails; 0 = none");

static uint failed;
module_param(failed, uint, 0444);
MODULE_PARM_DESC(failed, "how many have failed");

static atomic_t count;

bool ip_vs_fault(void)
{
	uint n = READ_ONCE(fail_every);

	if (!n || atomic_inc_return(&count) % n)
		return false;
	WRITE_ONCE(failed, READ_ONCE(failed) + 1);
	return true;
}
EXPORT_SYMBOL_GPL(ip_vs_fault); /* schedulers allocate, too */
