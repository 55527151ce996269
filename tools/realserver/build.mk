# SPDX-License-Identifier: GPL-2.0-or-later
# ipvs-realserver, into build/.

realserver_sources := $(wildcard tools/realserver/*.cc)
realserver_objects := $(patsubst %.cc,$(build)/tools/%.o,$(realserver_sources))

.PHONY: install-realserver uninstall-realserver
tools: $(build)/ipvs-realserver

# With the library inside, as ipvsadm has it: of that it needs addresses, no IPVS in the kernel.
$(build)/ipvs-realserver: $(realserver_objects) $(patsubst %.cc,$(build)/tools/%.o,$(base_sources)) $(build)/libipvs++.a
	$(CXX) $(LDFLAGS) $^ -o $@ $(nl_libs)

install-tools: install-realserver
install-realserver: $(build)/ipvs-realserver
	install -d $(addprefix $(DESTDIR),$(SBINDIR) $(PREFIX)/share/man/man8 $(completions))
	install -m 755 $(build)/ipvs-realserver $(DESTDIR)$(SBINDIR)
	install -m 644 tools/realserver/ipvs-realserver.8 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 644 tools/realserver/completion.bash $(DESTDIR)$(completions)/ipvs-realserver

uninstall-tools: uninstall-realserver
uninstall-realserver:
	rm -f $(DESTDIR)$(SBINDIR)/ipvs-realserver $(DESTDIR)$(PREFIX)/share/man/man8/ipvs-realserver.8 \
		$(DESTDIR)$(completions)/ipvs-realserver

-include $(realserver_objects:.o=.d)
