# SPDX-License-Identifier: GPL-2.0-or-later
# Measuring: docs/performance.md has the figures and how to read them.

.PHONY: bench bench-control bench-guard bench-icount bench-uml bench-smoke bench-profile

bench bench-guard bench-icount bench-uml bench-smoke bench-profile: bench-deps

bench-deps:
	@tests/lab/deps tests/lab/packages tests/bench/packages

bench: ## measure the kernel's IPVS and ours side by side: instructions, nanoseconds, memory (30 min)
	@tests/bench/run icount uml

bench-control: deps ## seconds to restore, list and save 10,000 services, beside Debian's ipvsadm on the kernel's IPVS (6 min)
	@$(MAKE) --no-print-directory tools lab-module-$(or $(KERNEL),6.12)
	@tests/bench/control

bench-icount: ## instructions per packet and memory only, on KERNEL=6.12 (default), 6.1 or 7.3 (5 min)
	@tests/bench/run icount

bench-uml: ## nanoseconds per packet only, up to a million connections, in user-mode Linux (20 min)
	@tests/bench/run uml

bench-smoke: ## does measuring work, and are the budgets kept, is a packet free of locks? (4 min)
	@tests/bench/run smoke

bench-guard: ## does a packet cost more instructions than tests/bench/counts says? RENEW=1 writes that anew (2 min)
	@tests/bench/run guard

bench-profile: ## instructions of each function per packet: SCENARIO=dr-100 MODULE=ours KERNEL=6.12
	@tests/bench/run profile
