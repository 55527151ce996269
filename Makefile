# SPDX-License-Identifier: GPL-2.0-or-later
# Everything is built below build/; nothing is written beside the sources.
#
# Kbuild reads the file Kbuild instead of this one, so that this Makefile stays the one people use.

SHELL := /bin/bash
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

build := build

.PHONY: all help install uninstall clean
all: ## modules for this kernel (or KVER) and tools, into build/
help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9.-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST) | sort

-include kernel/build.mk
-include ipvsadm/build.mk
-include tools/program.mk
-include tools/exporter/build.mk
-include tools/top/build.mk
-include tools/realserver/build.mk
-include tools/feedback/build.mk
-include tests/unit/build.mk
-include tests/tsan/build.mk
-include tests/fuzz/build.mk
-include tests/lab/build.mk
-include tests/bench/build.mk
-include docs/build.mk
-include debian/build.mk

install: install-modules install-tools ## modules for this kernel (or KVER) and tools (below PREFIX)
uninstall: uninstall-modules uninstall-tools ## take away what install has put there (same DESTDIR, PREFIX, KVER)
clean: ## remove build/
	rm -rf $(build)
