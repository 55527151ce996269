# The kernel modules. A copy of the sources is built below build/, because Kbuild writes beside its sources.

# Kernels whose headers are installed.
kernels := $(patsubst /lib/modules/%/build,%,$(wildcard /lib/modules/*/build))
KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
module_dir := $(build)/module/$(KVER)
module_src := $(build)/kbuild/$(KVER)

.PHONY: module modules module-faults module-check install-module

all: modules

module: ## the modules for one kernel: make module KVER=<release>
	@test -d $(KDIR) || { echo "no headers of kernel $(KVER) in $(KDIR)" >&2; exit 1; }
	@mkdir -p $(module_src) $(module_dir)
	@cp -au Kbuild kernel $(module_src)/
	$(MAKE) --no-print-directory -C $(KDIR) M=$(CURDIR)/$(module_src) $(KBUILD_FLAGS) modules
	@cp $$(find $(module_src) -name '*.ko') $(module_dir)/

modules: ## the modules for all kernels whose headers are installed
	@for k in $(kernels); do $(MAKE) --no-print-directory module KVER=$$k || exit 1; done
