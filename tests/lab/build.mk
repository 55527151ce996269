# SPDX-License-Identifier: GPL-2.0-or-later
# The lab: kernels in QEMU, the demonstration, and the whole test run.

# The library needs no more than libnl itself; a program of the guests compares it with what libnl makes of the family.
lab_nl_libs := $(shell pkg-config --libs libnl-genl-3.0 2>/dev/null)

.PHONY: deps lab lab-6.1 lab-6.12 lab-next lab-rt hostile diff pair demo demo-shell test test-all test-next test-debug test-fast test-smp test-install test-packages

deps: ## install what building and testing need (Debian packages, as root)
	@tests/lab/deps

lab: lab-6.1 lab-6.12 ## all lab cases on both kernels

lab-6.1: deps ## lab cases on Debian's kernel 6.1
	@$(MAKE) --no-print-directory tools lab-module-6.1
	@tests/lab/run --kernel 6.1 --module ours $(CASES)

lab-6.12: deps ## lab cases on Debian's kernel 6.12
	@$(MAKE) --no-print-directory tools lab-module-6.12
	@tests/lab/run --kernel 6.12 --module ours $(CASES)

lab-next: deps ## lab cases on the kernel of the next Debian's backports, fetched when it is not there
	@$(MAKE) --no-print-directory tools
	@tests/lab/next/run $(CASES)

lab-rt: deps ## lab cases on Debian's kernel 6.12 with PREEMPT_RT
	@tests/lab/deps tests/lab/packages.rt
	@$(MAKE) --no-print-directory tools lab-module-6.12-rt
	@tests/lab/run --kernel 6.12-rt --module ours $(CASES)

lab-module-%:
	@$(MAKE) --no-print-directory module KVER=$$(tests/lab/release $*) >$(build)/module-$*.log 2>&1 || { cat $(build)/module-$*.log; exit 1; }

test-debug: deps ## lab cases on a kernel with KASAN, lockdep, kmemleak and more (docs/testing.md)
	@$(MAKE) --no-print-directory tools
	@tests/lab/debug/run $(CASES)

test-smp: deps ## four CPUs at once, in user-mode Linux (IPVS_SMP_SECONDS, IPVS_SMP_SEED; docs/testing.md)
	@$(MAKE) --no-print-directory tools
	@tests/lab/smp/run $(CASES)

test-fast: deps ## lab cases, and the comparison with the kernel's own module, with our fast path on
	@$(MAKE) --no-print-directory tools lab-module-6.12
	@tests/lab/run --kernel 6.12 --module ours --fast-path $(CASES)
	@tests/lab/differential --kernel 6.12 --fast-path $(THEMES)

hostile: deps ## a million hostile packets on the debug kernel: hours (IPVS_HOSTILE, IPVS_HOSTILE_SEED)
	@$(MAKE) --no-print-directory tools
	@IPVS_HOSTILE=$${IPVS_HOSTILE:-1000000} tests/lab/debug/run 360-hostile

diff: deps ## compare with the kernel's own module and Debian's ipvsadm
	@$(MAKE) --no-print-directory tools lab-module-6.12
	@tests/lab/differential --kernel 6.12 $(THEMES)

pair: deps ## two directors tell each other of connections, with the kernel's own module and ours (PAIRS='6.1:ours-6.12:intree')
	@$(MAKE) --no-print-directory tools lab-module-6.1 lab-module-6.12
	@tests/lab/pair/run $(PAIRS)

# Programs that use libipvs in the guest; tests/lab/run has them built. "classic" is one source in two languages: in C as
# a program of the first release, with that release's header, which runs with the shared library of today.
lab_objects = $(patsubst %.cc,$(build)/lab/objects/%.o,$(wildcard tests/lab/$(1)/*.cc))
$(build)/lab/objects/%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(tools_cxxflags) $(CXXFLAGS) -MMD -MP -c $< -o $@

lab_cxx_programs := $(build)/lab/control $(build)/lab/hostile $(build)/lab/storm
$(build)/lab/control: $(call lab_objects,control)
$(build)/lab/hostile: $(call lab_objects,hostile)
$(build)/lab/storm: $(call lab_objects,smp)
$(lab_cxx_programs): $(build)/libipvs++.a
	$(CXX) $(filter %.o,$^) $(filter %.a,$^) -o $@ $(lab_nl_libs) -pthread

lab_strict := -O2 -Wall -Wextra -Werror -Iinclude -MMD -MP
$(build)/lab/api/classic-c.o: tests/lab/classic/classic.c
	@mkdir -p $(@D)
	$(CC) -std=c99 -pedantic -Itests/abi/1 $(lab_strict) -c $< -o $@
$(build)/lab/api/classic-c++.o: tests/lab/classic/classic.c
	@mkdir -p $(@D)
	$(CXX) -x c++ -std=c++11 $(lab_strict) -c $< -o $@
$(build)/lab/api/monitor-c.o: docs/examples/ipvs-monitor.c
	@mkdir -p $(@D)
	$(CC) -std=c99 -pedantic $(lab_strict) -c $< -o $@
$(build)/lab/api/monitor-c++.o: docs/examples/ipvs-monitor.cc
	@mkdir -p $(@D)
	$(CXX) -std=c++23 $(lab_strict) -c $< -o $@

# The examples of the manual, as they stand there.
lab_page_programs := $(addprefix $(build)/lab/api/,page-list-c page-add-c page-list-c++ page-add-c++)
lab_page_sources := $(addprefix $(build)/lab/api/,list.c add.c list.cc add.cc)
$(lab_page_sources): libipvs/libipvs.3 tests/lab/classic/example
	@mkdir -p $(@D)
	tests/lab/classic/example $(@F) > $@
$(build)/lab/api/page-%-c.o: $(build)/lab/api/%.c
	$(CC) -std=c99 -pedantic $(lab_strict) -c $< -o $@
$(build)/lab/api/page-%-c++.o: $(build)/lab/api/%.cc
	$(CXX) -std=c++23 $(lab_strict) -c $< -o $@

$(build)/lab/api/watch.o: tests/lab/classic/watch.c
	@mkdir -p $(@D)
	$(CC) -std=c99 -pedantic $(lab_strict) -c $< -o $@

$(build)/lab/api/classic-c: $(build)/lab/api/classic-c.o $(build)/libipvs.so
	$(CC) $< -o $@ -L$(build) -lipvs
lab_static_programs := $(addprefix $(build)/lab/api/,classic-c++ monitor-c monitor-c++ watch) $(lab_page_programs)
$(lab_static_programs): %: %.o $(build)/libipvs.a
	$(CXX) $^ -o $@ $(lab_nl_libs)
lab_api_programs := $(build)/lab/api/classic-c $(lab_static_programs)

.PHONY: lab-programs
lab-programs: $(lab_cxx_programs) $(lab_api_programs)

-include $(patsubst %.o,%.d,$(foreach p,control hostile smp,$(call lab_objects,$(p)))) $(lab_api_programs:=.d)

demo: ## a director and three web servers in a virtual machine, told step by step; then two, and one dies
	@tests/lab/deps
	@tests/lab/demo

demo-shell: ## the same, then a prompt in the director
	@tests/lab/deps
	@tests/lab/demo --shell

test-install: deps ## make install and DKMS, into folders of their own, tried in a virtual machine
	@$(MAKE) --no-print-directory tools lab-module-6.12
	@tests/install/run

test-packages: ## the Debian packages, installed, upgraded and removed in a copy of this machine
	@tests/lab/deps tests/install/packages
	@$(MAKE) --no-print-directory tools lab-module-6.12
	@tests/install/packaged

test-next: deps ## modules, tools, unit tests, packages with the next Debian's compilers, kernels and lintian
	@tests/lab/next/build

test-all: ## everything on all three kernels and the debug one, long cases, several CPUs, packages: hours
	@tests/lab/deps tests/install/packages
	@tests/run all

test: ## everything: unit tests, both kernels, the comparison
	@tests/lab/deps
	@tests/run
