# SPDX-License-Identifier: GPL-2.0-or-later
# Everything is built below build/; nothing is written beside the sources.
#
# Kbuild reads the file Kbuild instead of this one, so that this Makefile stays the one people use.

SHELL := /bin/bash
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

build := build

.PHONY: all help
all:
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST) | sort

-include kernel/build.mk
-include ipvsadm/build.mk
-include tests/unit/build.mk
-include tests/lab/build.mk
