# SPDX-License-Identifier: GPL-2.0-or-later
# What in the kernel's log fails a case, and a guest. "Call Trace" alone would do for most; the others name the rest.
alarm='WARNING|BUG|Oops|Call Trace|general protection|soft lockup|hard LOCKUP|rcu.*(stall|self-detected)|blocked for more than|refcount_t:|unregister_netdevice: waiting|scheduling while atomic|[Ss]uspicious RCU|UBSAN|kmemleak|still has locks held|Objects remaining|possible recursive locking|page allocation failure|deprecated workqueue'
# ... and what the debug kernel has besides; most of that also says BUG or WARNING
alarm="$alarm|KASAN|ODEBUG|ref_tracker|INFO: (possible|trying)|inconsistent lock state|circular locking|locking correctness"
# ours: a flush that gave up
alarm="$alarm|connections of a namespace that has ended do not end"
# What says so and means nothing: pktgen's greeting when a namespace ends under its packets.
harmless='pktgen: WARNING: trying to remove a running interface'

# alarms [OPTION...]: those in a log on standard input, as grep with these options shows them
alarms() { grep -a -v "$harmless" | grep -a -E "$@" "$alarm"; }
