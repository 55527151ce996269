# SPDX-License-Identifier: GPL-2.0-only
# The kernel modules. A copy of the sources is built below build/, because Kbuild writes beside its sources.

# Kernels whose headers are installed.
kernels = $(patsubst /lib/modules/%/build,%,$(wildcard /lib/modules/*/build))
KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
MODULE_KIND ?= module
module_dir := $(build)/$(MODULE_KIND)/$(KVER)
module_src := $(build)/kbuild/$(MODULE_KIND)/$(KVER)

.PHONY: module modules module-faults modules-faults module-lab check-modules install-modules uninstall-modules install-dkms

all: module
	@echo "modules for kernel $(KVER) are in $(module_dir); others: make KVER=<release>, make modules"

module: ## the modules for one kernel: make module KVER=<release>
	@test -d $(KDIR) || { echo "no headers of kernel $(KVER) in $(KDIR); there are some of: $(or $(kernels),none)." \
		"Another kernel: make KVER=<release>. Only the tools, which need none: make tools, make install-tools" >&2; exit 1; }
	@mkdir -p $(module_src) $(module_dir)
	@cp -au Kbuild dkms.conf kernel include $(module_src)/
	@$(MAKE) --no-print-directory -s -C $(KDIR) M=$(CURDIR)/$(module_src) $(KBUILD_FLAGS) modules
	@cp $(module_src)/kernel/ip_vs.ko $(module_src)/kernel/*/*.ko $(module_dir)/

modules: ## the modules for all kernels whose headers are installed
	@for k in $(kernels); do $(MAKE) --no-print-directory module KVER=$$k || exit 1; done

module-faults: ## a test build whose allocations can be made to fail, see docs/testing.md
	@$(MAKE) --no-print-directory module MODULE_KIND=module-faults KBUILD_FLAGS=IP_VS_FAULTS=1

modules-faults:
	@for k in $(kernels); do $(MAKE) --no-print-directory module-faults KVER=$$k || exit 1; done

# A persistence engine that only tests use.
module-lab: module
	@mkdir -p $(build)/module-lab/$(KVER)
	@cp -au tests/lab/pe $(module_src)/
	@$(MAKE) --no-print-directory -s -C $(KDIR) M=$(CURDIR)/$(module_src)/pe $(KBUILD_FLAGS) \
		KBUILD_EXTRA_SYMBOLS=$(CURDIR)/$(module_src)/Module.symvers modules
	@cp $(module_src)/pe/*.ko $(build)/module-lab/$(KVER)/

# Objects that were made with warnings would be silent the next time: only those of a run without any are kept.
check-modules: ## build with all warnings of the kernel's build and sparse, and fail on any
	@for k in $(kernels); do \
		silent=$(build)/kbuild/module-check/$$k/.silent; \
		[ -e $$silent ] || rm -rf $(build)/kbuild/module-check/$$k; \
		rm -f $$silent; \
		$(MAKE) --no-print-directory module MODULE_KIND=module-check KVER=$$k \
			KBUILD_FLAGS='W=1 C=2 CHECK="sparse -Wno-unknown-attribute"' >$(build)/check-$$k.log 2>&1 || \
			{ cat $(build)/check-$$k.log; exit 1; }; \
		if grep -E '(warning|error):' $(build)/check-$$k.log | grep $(build)/; then exit 1; fi; \
		touch $$silent; \
		echo "$$k: no warnings"; \
	done

# updates/ comes before the kernel's own modules; depmod sees to it.
install-modules: module install-module-manual ## install the modules for this kernel, or KVER, below $(DESTDIR)/lib/modules
	install -d $(DESTDIR)/lib/modules/$(KVER)/updates/ipvs
	install -m 644 $(module_dir)/*.ko $(DESTDIR)/lib/modules/$(KVER)/updates/ipvs/
	depmod $(if $(DESTDIR),-b $(DESTDIR)) $(KVER)

.PHONY: install-module-manual
install-module-manual:
	install -d $(DESTDIR)$(PREFIX)/share/man/man4
	install -m 644 kernel/ip_vs.4 $(DESTDIR)$(PREFIX)/share/man/man4

uninstall-modules:
	rm -f $(DESTDIR)$(PREFIX)/share/man/man4/ip_vs.4
	rm -rf $(DESTDIR)/lib/modules/$(KVER)/updates/ipvs
	@! test -d $(DESTDIR)/lib/modules/$(KVER) || depmod $(if $(DESTDIR),-b $(DESTDIR)) $(KVER)

# Only the kernel's side: of include/ what it reads.
dkms_version := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
dkms_sources = Kbuild dkms.conf kernel/Kbuild include/ipvs/kernel.h $(shell find kernel -name '*.[ch]')
install-dkms: ## the modules' sources to where DKMS looks for them; then: dkms install ipvs/VERSION
	for f in $(sort $(dkms_sources)); do install -D -m 644 $$f $(DESTDIR)/usr/src/ipvs-$(dkms_version)/$$f || exit 1; done
	$(if $(DESTDIR),,@echo "now: dkms install ipvs/$(dkms_version)")
