// SPDX-License-Identifier: GPL-2.0-only
/*
 * When an allocation or a registration fails in a test build: /sys/module/ip_vs/parameters/fail_every, fail_at and
 * failed; and where it stops for a moment: pause_at and pause_ms. And next_ids and stood_still: what else would take
 * months or years.
 */
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/nsproxy.h>
#include <linux/processor.h>
#include <linux/sched.h>
#include "faults/gate.h"
#include "faults/pause.h"
#include "netns.h"

static uint fail_every;
module_param(fail_every, uint, 0644);
MODULE_PARM_DESC(fail_every, "every so many allocations one fails; 0 = none");

/* All CPUs count down without a lock: with it only one is at work. */
static uint fail_at;
module_param(fail_at, uint, 0644);
MODULE_PARM_DESC(fail_at, "the allocation with this number from now on fails; 0 = none");

static uint failed;
module_param(failed, uint, 0444);
MODULE_PARM_DESC(failed, "how many have failed");

static atomic_t count;

bool ip_vs_fault(const char *site, bool *is_known)
{
	uint n = READ_ONCE(fail_every), at = READ_ONCE(fail_at);

	if (at)
		WRITE_ONCE(fail_at, at - 1);
	if (at != 1 && (!n || atomic_inc_return(&count) % n))
		return false;
	WRITE_ONCE(failed, READ_ONCE(failed) + 1);
	if (!READ_ONCE(*is_known)) {
		WRITE_ONCE(*is_known, true);
		pr_info("%s has failed\n", site);
	}
	return true;
}
EXPORT_SYMBOL_GPL(ip_vs_fault); /* in schedulers, too */

static uint pause_at;
module_param(pause_at, uint, 0644);
MODULE_PARM_DESC(pause_at, "the place (faults/pause.h) at which the next one who comes there stops; 0 = nowhere");

static uint pause_ms = 1000;
module_param(pause_ms, uint, 0644);
MODULE_PARM_DESC(pause_ms, "for how long");

void ip_vs_pause(enum ip_vs_pause place)
{
	ktime_t end;

	if (READ_ONCE(pause_at) != place || cmpxchg(&pause_at, (uint)place, 0) != place)
		return;
	/* Bottom halves are off and locks are held, so it is spent waiting; by the clock, however slow the CPU is. */
	end = ktime_add_ms(ktime_get(), READ_ONCE(pause_ms));
	while (ktime_before(ktime_get(), end))
		cpu_relax();
}

static bool forget_control;
module_param(forget_control, bool, 0644);
MODULE_PARM_DESC(forget_control, "the next connection that ends stays counted at its template: a leak");

bool ip_vs_forgets_control(void)
{
	return READ_ONCE(forget_control) && cmpxchg(&forget_control, true, false);
}

static int warn(const char *text, const struct kernel_param *param)
{
	WARN(1, "asked for: %s", text);
	return 0;
}

static const struct kernel_param_ops warn_ops = { .set = warn };
module_param_cb(warn, &warn_ops, NULL, 0200);
MODULE_PARM_DESC(warn, "a warning of the kernel, with a trace");

static uint stood_still;
module_param(stood_still, uint, 0644);
MODULE_PARM_DESC(stood_still, "for so many jiffies the wheels of new namespaces have stood still");

u32 ip_vs_wheel_stood_still(void)
{
	return READ_ONCE(stood_still);
}

/* Of the namespace of whoever writes: the next service and the next destination have this number, or what it is as theirs. */
static int set_next_ids(const char *text, const struct kernel_param *param)
{
	struct ip_vs_net *ipvs;
	u64 next;
	int err;

	err = kstrtou64(text, 0, &next);
	if (err)
		return err;
	if (!ip_vs_net_id) /* the module is being loaded */
		return -EAGAIN;
	ipvs = ip_vs_net(current->nsproxy->net_ns);
	mutex_lock(&ipvs->mutex);
	ipvs->next_service_id = next;
	ipvs->last_dest_id = next - 1;
	mutex_unlock(&ipvs->mutex);
	return 0;
}

static const struct kernel_param_ops next_ids_ops = { .set = set_next_ids };
module_param_cb(next_ids, &next_ids_ops, NULL, 0200);
MODULE_PARM_DESC(next_ids, "number of the next service and of the next server");
