# SPDX-License-Identifier: GPL-2.0-or-later
# The user space programs and libipvs, into build/.

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
LIBDIR ?= $(PREFIX)/lib
completions = $(PREFIX)/share/bash-completion/completions
CXXFLAGS ?= -O2

libipvs_version := 1.31
# Two libraries of the same code: the C interface, which is for ever, and the C++ one, which is for one ABI (see
# include/ipvs/abi.hh). The first has the C++ code inside, where nobody sees it: it goes on when that one changes.
libraries := libipvs libipvs++
libipvs_file := libipvs.so.1.3.0
libipvs++_file := libipvs++.so.1.0.0
soname_of = $(basename $(basename $($(1)_file)))
pc_of = sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(libipvs_version)|' libipvs/$(1).pc.in

nl_cflags := $(shell pkg-config --cflags libnl-3.0 2>/dev/null)
nl_libs := $(shell pkg-config --libs libnl-3.0 2>/dev/null)
popt_libs := $(shell pkg-config --libs popt 2>/dev/null)
tools_cxxflags := -std=c++23 -Wall -Wextra -Iinclude -Ilibipvs -Iipvsadm -Itools $(nl_cflags) \
	-DIPVS_OWN_VERSION='"$(dkms_version)"'

libipvs_sources := $(wildcard libipvs/*.cc)
# What all programs share.
base_sources := $(wildcard tools/base/*.cc)
base_objects := $(patsubst %.cc,$(build)/tools/%.o,$(base_sources))
ipvsadm_sources := ipvsadm/main.cc $(wildcard ipvsadm/*/*.cc) $(base_sources)
libipvs_objects := $(patsubst %.cc,$(build)/tools/%.o,$(libipvs_sources))
ipvsadm_objects := $(patsubst %.cc,$(build)/tools/%.o,$(ipvsadm_sources))
tools_manuals := ipvsadm/ipvsadm.8 ipvsadm/ipvsadm-save.8 ipvsadm/ipvsadm-restore.8 libipvs/libipvs.3
# each has a manual page of its name
libipvs_symbols = $(shell sed -n 's/^\t\(ipvs_[a-z_]*\);/\1/p' libipvs/libipvs.map)
tools_products := $(addprefix $(build)/,ipvsadm ipvsadm-save ipvsadm-restore ipvsadm.completion \
	$(foreach l,$(libraries),$l.so $(call soname_of,$l) $l.a $l.pc))

.PHONY: tools install-tools uninstall-tools
all: tools
tools: $(tools_products) ## libipvs and ipvsadm, into build/

# Said once, and only to who builds what needs them.
.PHONY: tools-needs
tools-needs:
	@pkg-config --exists --print-errors libnl-3.0 ncurses nlohmann_json popt || { echo "missing: see Build-Depends in debian/control" >&2; exit 1; }

# -fPIC throughout: the same objects go into both libraries.
$(build)/tools/%.o: %.cc | tools-needs
	@mkdir -p $(@D)
	$(CXX) $(tools_cxxflags) $(CPPFLAGS) $(CXXFLAGS) -fPIC -fvisibility-inlines-hidden -MMD -MP -c $< -o $@

libipvs_members := $(libipvs_objects)
libipvs++_members := $(filter-out %/capi.o,$(libipvs_objects))

define library
$(build)/$(1).a: $$($(1)_members)
	rm -f $$@
	$$(AR) rcs $$@ $$^

$(build)/$($(1)_file): $$($(1)_members) libipvs/$(1).map
	$$(CXX) -shared -Wl,-soname,$(call soname_of,$(1)) -Wl,--version-script=libipvs/$(1).map -Wl,-z,defs \
		$$(LDFLAGS) $$($(1)_members) -o $$@ $$(nl_libs)

$(build)/$(call soname_of,$(1)): $(build)/$($(1)_file)
	ln -sf $($(1)_file) $$@

$(build)/$(1).so: $(build)/$(call soname_of,$(1))
	ln -sf $(call soname_of,$(1)) $$@

$(build)/$(1).pc: libipvs/$(1).pc.in
	@mkdir -p $$(@D)
	$$(call pc_of,$(1)) > $$@
endef
$(foreach l,$(libraries),$(eval $(call library,$l)))

# With the library inside, so that the program can be copied alone.
$(build)/ipvsadm: $(ipvsadm_objects) $(build)/libipvs++.a
	$(CXX) $(LDFLAGS) $^ -o $@ $(nl_libs) $(popt_libs) -pthread

# What of the completion the tables of options say, by a program that prints it.
completion_objects := $(addprefix $(build)/tools/,$(addprefix ipvsadm/,completion.o show/completion.o grammar/options.o) \
	$(addprefix tools/base/,vocabulary.o format.o))
$(build)/tools/completion: $(completion_objects)
	$(CXX) $(LDFLAGS) $^ -o $@

$(build)/ipvsadm.completion: $(build)/tools/completion ipvsadm/completion.bash
	{ $(build)/tools/completion && echo && grep -v SPDX-License-Identifier ipvsadm/completion.bash; } >$@

$(build)/ipvsadm-%: ipvsadm/ipvsadm-%
	@mkdir -p $(@D)
	install -m 755 $< $@

define install_library
install -m 755 $(build)/$($(1)_file) $(DESTDIR)$(LIBDIR)
ln -sf $($(1)_file) $(DESTDIR)$(LIBDIR)/$(call soname_of,$(1))
ln -sf $(call soname_of,$(1)) $(DESTDIR)$(LIBDIR)/$(1).so
install -m 644 $(build)/$(1).a $(DESTDIR)$(LIBDIR)
$(call pc_of,$(1)) > $(DESTDIR)$(LIBDIR)/pkgconfig/$(1).pc

endef

install-tools: tools ## install libipvs and ipvsadm (DESTDIR, PREFIX, SBINDIR, LIBDIR)
	install -d $(addprefix $(DESTDIR),$(SBINDIR) $(LIBDIR)/pkgconfig $(PREFIX)/include/ipvs \
		$(PREFIX)/share/man/man3 $(PREFIX)/share/man/man8 $(completions))
	install -m 755 $(addprefix $(build)/,ipvsadm ipvsadm-save ipvsadm-restore) $(DESTDIR)$(SBINDIR)
	$(foreach l,$(libraries),$(call install_library,$l))
	install -m 644 include/libipvs.h $(DESTDIR)$(PREFIX)/include
	install -m 644 include/ipvs/*.hh include/ipvs/kernel.h $(DESTDIR)$(PREFIX)/include/ipvs
	for m in $(tools_manuals); do install -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}; done
	for f in $(libipvs_symbols); do echo '.so man3/libipvs.3' > $(DESTDIR)$(PREFIX)/share/man/man3/$$f.3; done
	install -m 644 $(build)/ipvsadm.completion $(DESTDIR)$(completions)/ipvsadm
	ln -sf ipvsadm $(DESTDIR)$(completions)/ipvsadm-save
	ln -sf ipvsadm $(DESTDIR)$(completions)/ipvsadm-restore
	$(if $(DESTDIR),,ldconfig)

uninstall-tools:
	rm -f $(addprefix $(DESTDIR)$(SBINDIR)/,ipvsadm ipvsadm-save ipvsadm-restore) \
		$(foreach l,$(libraries),$(DESTDIR)$(LIBDIR)/$l.a $(DESTDIR)$(LIBDIR)/$l.so $(DESTDIR)$(LIBDIR)/$l.so.1 \
			$(DESTDIR)$(LIBDIR)/$($l_file) $(DESTDIR)$(LIBDIR)/pkgconfig/$l.pc) \
		$(addprefix $(DESTDIR)$(completions)/,ipvsadm ipvsadm-save ipvsadm-restore) \
		$(foreach m,$(tools_manuals),$(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $(m)))/$(notdir $(m))) \
		$(patsubst %,$(DESTDIR)$(PREFIX)/share/man/man3/%.3,$(libipvs_symbols)) $(DESTDIR)$(PREFIX)/include/libipvs.h
	rm -rf $(DESTDIR)$(PREFIX)/include/ipvs
	$(if $(DESTDIR),,ldconfig)

-include $(libipvs_objects:.o=.d) $(ipvsadm_objects:.o=.d) $(build)/tools/ipvsadm/completion.d
