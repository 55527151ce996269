# SPDX-License-Identifier: GPL-2.0-or-later
# The hash tables, the timing wheel, round robin and the contest of the least loaded on several CPUs, in user space under ThreadSanitizer: docs/testing.md.

tsan_dir := $(build)/tsan
# Where sources of the kernel include its headers they find nothing: all of it is in shim.h, and read in already.
tsan_headers := $(addprefix $(tsan_dir)/include/linux/,atomic.h bit_spinlock.h bitmap.h cpumask.h jiffies.h list.h lockdep.h \
	jump_label.h log2.h memcontrol.h minmax.h mm.h random.h rculist.h rcupdate.h refcount.h sched.h sched/mm.h siphash.h slab.h spinlock.h \
	workqueue.h)
# Nor do schedulers: what they know of services and destinations is in their stresses.
tsan_headers += $(addprefix $(tsan_dir)/include/,sched/least.h sched/scheduler.h svc/dest.h svc/service.h)
# Wno-tsan: of fences, see shim.h
tsan_flags := -std=gnu11 -O1 -g -fsanitize=thread -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-tsan \
	-D_GNU_SOURCE -include tests/tsan/shim.h -Itests/unit/core -Itests/tsan -I$(tsan_dir)/include

# Each stress with what it is about. TSAN_KERNEL may be a changed copy of kernel/: see control.
TSAN_KERNEL ?= kernel
TSAN_OUT ?= $(tsan_dir)
tsan_programs := $(addprefix $(TSAN_OUT)/,hash_stress wheel_stress rr_stress contest_stress)

.PHONY: test-tsan tsan-programs
test-tsan: ## hash tables, timing wheel, round robin, least loaded on four threads, under ThreadSanitizer (IPVS_TSAN_SECONDS, IPVS_TSAN_SEED)
	@tests/tsan/run

tsan-programs: $(tsan_programs)

$(tsan_headers):
	@mkdir -p $(@D)
	@: >$@

tsan_compile = $(CC) $(tsan_flags) -I$(TSAN_KERNEL) $(filter %.c,$^) -o $@ -pthread
tsan_depends := tests/tsan/shim.c tests/tsan/shim.h tests/tsan/netns.h tests/unit/core/core_shim.h $(tsan_headers) \
	$(wildcard kernel/core/*.h kernel/conn/*.h)

$(TSAN_OUT)/hash_stress: tests/tsan/hash_stress.c $(TSAN_KERNEL)/hash/hash.c $(TSAN_KERNEL)/hash/hash.h $(tsan_depends)
	@mkdir -p $(@D)
	$(tsan_compile)

$(TSAN_OUT)/wheel_stress: tests/tsan/wheel_stress.c $(TSAN_KERNEL)/conn/wheel.c $(tsan_depends)
	@mkdir -p $(@D)
	$(tsan_compile)

# They are read in by the stresses, which have types and macros for them.
$(TSAN_OUT)/rr_stress: tests/tsan/rr_stress.c $(tsan_depends) $(TSAN_KERNEL)/sched/ip_vs_rr.c
$(TSAN_OUT)/contest_stress: tests/tsan/contest_stress.c $(tsan_depends) $(TSAN_KERNEL)/sched/contest.c $(TSAN_KERNEL)/svc/contest.h
$(TSAN_OUT)/rr_stress $(TSAN_OUT)/contest_stress:
	@mkdir -p $(@D)
	$(CC) $(tsan_flags) -I$(TSAN_KERNEL) $(filter tests/%.c,$^) -o $@ -pthread
