# SPDX-License-Identifier: GPL-2.0-or-later
# ipvs-top, into build/.

top_sources := $(wildcard tools/top/*.cc)
top_objects := $(patsubst %.cc,$(build)/tools/%.o,$(top_sources))
curses_libs := $(shell pkg-config --libs ncurses 2>/dev/null)

.PHONY: install-top uninstall-top
tools: $(build)/ipvs-top

# With the library inside, as ipvsadm has it.
$(build)/ipvs-top: $(top_objects) $(patsubst %.cc,$(build)/tools/%.o,$(base_sources)) $(build)/libipvs++.a
	$(CXX) $(LDFLAGS) $^ -o $@ $(nl_libs) $(curses_libs) -pthread

install-tools: install-top
install-top: $(build)/ipvs-top
	install -d $(addprefix $(DESTDIR),$(SBINDIR) $(PREFIX)/share/man/man8 $(completions))
	install -m 755 $(build)/ipvs-top $(DESTDIR)$(SBINDIR)
	install -m 644 tools/top/ipvs-top.8 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 644 tools/top/completion.bash $(DESTDIR)$(completions)/ipvs-top

uninstall-tools: uninstall-top
uninstall-top:
	rm -f $(DESTDIR)$(SBINDIR)/ipvs-top $(DESTDIR)$(PREFIX)/share/man/man8/ipvs-top.8 $(DESTDIR)$(completions)/ipvs-top

-include $(top_objects:.o=.d)
