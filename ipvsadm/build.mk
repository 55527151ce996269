# SPDX-License-Identifier: GPL-2.0-or-later
# The user space programs and libipvs, into build/.

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
LIBDIR ?= $(PREFIX)/lib
completions = $(PREFIX)/share/bash-completion/completions
CXXFLAGS ?= -O2

libipvs_version := 1.31
libipvs_soname := libipvs.so.1
libipvs_file := libipvs.so.1.0.0
libipvs_pc = sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(libipvs_version)|' libipvs/libipvs.pc.in

nl_cflags := $(shell pkg-config --cflags libnl-3.0)
nl_libs := $(shell pkg-config --libs libnl-3.0)
popt_libs := $(shell pkg-config --libs popt)
tools_cxxflags := -std=c++23 -Wall -Wextra -Iinclude -Ilibipvs -Iipvsadm $(nl_cflags)

libipvs_sources := $(wildcard libipvs/*.cc)
ipvsadm_sources := $(wildcard ipvsadm/*.cc)
libipvs_objects := $(patsubst %.cc,$(build)/tools/%.o,$(libipvs_sources))
ipvsadm_objects := $(patsubst %.cc,$(build)/tools/%.o,$(ipvsadm_sources))
tools_manuals := ipvsadm/ipvsadm.8 ipvsadm/ipvsadm-save.8 ipvsadm/ipvsadm-restore.8 libipvs/libipvs.3
tools_products := $(addprefix $(build)/,ipvsadm ipvsadm-save ipvsadm-restore libipvs.so $(libipvs_soname) \
	libipvs.a libipvs.pc)

.PHONY: tools install-tools
all: tools
tools: $(tools_products) ## libipvs and ipvsadm, into build/

# -fPIC throughout: the same objects go into both libraries.
$(build)/tools/%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(tools_cxxflags) $(CPPFLAGS) $(CXXFLAGS) -fPIC -fvisibility-inlines-hidden -MMD -MP -c $< -o $@

$(build)/libipvs.a: $(libipvs_objects)
	rm -f $@
	$(AR) rcs $@ $^

$(build)/$(libipvs_file): $(libipvs_objects) libipvs/libipvs.map
	$(CXX) -shared -Wl,-soname,$(libipvs_soname) -Wl,--version-script=libipvs/libipvs.map -Wl,-z,defs \
		$(LDFLAGS) $(libipvs_objects) -o $@ $(nl_libs)

$(build)/$(libipvs_soname): $(build)/$(libipvs_file)
	ln -sf $(libipvs_file) $@

$(build)/libipvs.so: $(build)/$(libipvs_soname)
	ln -sf $(libipvs_soname) $@

$(build)/libipvs.pc: libipvs/libipvs.pc.in
	@mkdir -p $(@D)
	$(libipvs_pc) > $@

# With libipvs inside, so that the program can be copied alone.
$(build)/ipvsadm: $(ipvsadm_objects) $(build)/libipvs.a
	$(CXX) $(LDFLAGS) $^ -o $@ $(nl_libs) $(popt_libs) -pthread

$(build)/ipvsadm-%: ipvsadm/ipvsadm-%
	@mkdir -p $(@D)
	install -m 755 $< $@

install-tools: tools ## install libipvs and ipvsadm (DESTDIR, PREFIX, SBINDIR, LIBDIR)
	install -d $(addprefix $(DESTDIR),$(SBINDIR) $(LIBDIR)/pkgconfig $(PREFIX)/include/ipvs \
		$(PREFIX)/share/man/man3 $(PREFIX)/share/man/man8 $(completions))
	install -m 755 $(addprefix $(build)/,ipvsadm ipvsadm-save ipvsadm-restore) $(DESTDIR)$(SBINDIR)
	install -m 755 $(build)/$(libipvs_file) $(DESTDIR)$(LIBDIR)
	ln -sf $(libipvs_file) $(DESTDIR)$(LIBDIR)/$(libipvs_soname)
	ln -sf $(libipvs_soname) $(DESTDIR)$(LIBDIR)/libipvs.so
	install -m 644 $(build)/libipvs.a $(DESTDIR)$(LIBDIR)
	$(libipvs_pc) > $(DESTDIR)$(LIBDIR)/pkgconfig/libipvs.pc
	install -m 644 include/libipvs.h $(DESTDIR)$(PREFIX)/include
	install -m 644 include/ipvs/*.hh include/ipvs/kernel.h $(DESTDIR)$(PREFIX)/include/ipvs
	for m in $(tools_manuals); do install -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}; done
	install -m 644 ipvsadm/completion.bash $(DESTDIR)$(completions)/ipvsadm
	ln -sf ipvsadm $(DESTDIR)$(completions)/ipvsadm-save
	ln -sf ipvsadm $(DESTDIR)$(completions)/ipvsadm-restore
	$(if $(DESTDIR),,ldconfig)

-include $(libipvs_objects:.o=.d) $(ipvsadm_objects:.o=.d)
