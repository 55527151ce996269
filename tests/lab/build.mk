# SPDX-License-Identifier: GPL-2.0-or-later
# The lab: kernels in QEMU, the demonstration, and the whole test run.

# The library needs no more than libnl itself; a program of the guests compares it with what libnl makes of the family.
lab_nl_libs := $(shell pkg-config --libs libnl-genl-3.0)

lab_releases = $(foreach v,6.1 6.12,$(shell cd /usr/src 2>/dev/null && ls -d linux-headers-$(v).*-cloud-amd64 2>/dev/null | sed 's/^linux-headers-//' | sort -V | tail -n 1))

.PHONY: deps lab lab-6.1 lab-6.12 hostile diff demo demo-shell test test-debug test-smp test-install test-packages

deps: ## install what building and testing need (Debian packages, as root)
	@tests/lab/deps

lab: lab-6.1 lab-6.12 ## all lab cases on both kernels

lab-6.1: deps ## lab cases on Debian's kernel 6.1
	@$(MAKE) --no-print-directory tools lab-module-6.1
	@tests/lab/run --kernel 6.1 --module ours $(CASES)

lab-6.12: deps ## lab cases on Debian's kernel 6.12
	@$(MAKE) --no-print-directory tools lab-module-6.12
	@tests/lab/run --kernel 6.12 --module ours $(CASES)

lab-module-%:
	@$(MAKE) --no-print-directory module KVER=$(filter $*.%,$(lab_releases)) >$(build)/module-$*.log 2>&1 || { cat $(build)/module-$*.log; exit 1; }

test-debug: deps ## lab cases on a kernel with KASAN, lockdep, kmemleak and more (docs/testing.md)
	@$(MAKE) --no-print-directory tools
	@tests/lab/debug/run $(CASES)

test-smp: deps ## four CPUs at once, in user-mode Linux (IPVS_SMP_SECONDS, IPVS_SMP_SEED; docs/testing.md)
	@$(MAKE) --no-print-directory tools
	@tests/lab/smp/run $(CASES)

hostile: deps ## a million hostile packets on the debug kernel: hours (IPVS_HOSTILE, IPVS_HOSTILE_SEED)
	@$(MAKE) --no-print-directory tools
	@IPVS_HOSTILE=$${IPVS_HOSTILE:-1000000} tests/lab/debug/run 360-hostile

diff: deps ## compare with the kernel's own module and Debian's ipvsadm
	@$(MAKE) --no-print-directory tools lab-module-6.12
	@tests/lab/differential --kernel 6.12 $(THEMES)

# Programs that use libipvs in the guest; tests/lab/run has them built. "classic" is one source in two languages.
lab_objects = $(patsubst %.cc,$(build)/lab/objects/%.o,$(wildcard tests/lab/$(1)/*.cc))
$(build)/lab/objects/%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(tools_cxxflags) $(CXXFLAGS) -MMD -MP -c $< -o $@

lab_cxx_programs := $(build)/lab/control $(build)/lab/hostile $(build)/lab/storm
$(build)/lab/control: $(call lab_objects,control)
$(build)/lab/hostile: $(call lab_objects,hostile)
$(build)/lab/storm: $(call lab_objects,smp)
$(lab_cxx_programs): $(build)/libipvs.a
	$(CXX) $(filter %.o,$^) $(filter %.a,$^) -o $@ $(lab_nl_libs) -pthread

lab_strict := -O2 -Wall -Wextra -Werror -Iinclude -MMD -MP
$(build)/lab/api/classic-c.o: tests/lab/classic/classic.c
	@mkdir -p $(@D)
	$(CC) -std=c99 -pedantic $(lab_strict) -c $< -o $@
$(build)/lab/api/classic-c++.o: tests/lab/classic/classic.c
	@mkdir -p $(@D)
	$(CXX) -x c++ -std=c++11 $(lab_strict) -c $< -o $@
$(build)/lab/api/monitor-c.o: docs/examples/ipvs-monitor.c
	@mkdir -p $(@D)
	$(CC) -std=c99 -pedantic $(lab_strict) -c $< -o $@
$(build)/lab/api/monitor-c++.o: docs/examples/ipvs-monitor.cc
	@mkdir -p $(@D)
	$(CXX) -std=c++23 $(lab_strict) -c $< -o $@

lab_api_programs := $(addprefix $(build)/lab/api/,classic-c classic-c++ monitor-c monitor-c++)
$(lab_api_programs): %: %.o $(build)/libipvs.a
	$(CXX) $^ -o $@ $(lab_nl_libs)

.PHONY: lab-programs
lab-programs: $(lab_cxx_programs) $(lab_api_programs)

-include $(patsubst %.o,%.d,$(foreach p,control hostile smp,$(call lab_objects,$(p)))) $(lab_api_programs:=.d)

demo: ## a director and three web servers in a virtual machine, told step by step
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

test: ## everything: unit tests, both kernels, the comparison
	@tests/lab/deps
	@tests/run
