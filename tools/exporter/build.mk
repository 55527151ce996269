# SPDX-License-Identifier: GPL-2.0-or-later
# ipvs-exporter, into build/.

exporter_sources := $(wildcard tools/exporter/*.cc)
exporter_objects := $(patsubst %.cc,$(build)/tools/%.o,$(exporter_sources))

.PHONY: install-exporter uninstall-exporter
tools: $(build)/ipvs-exporter

# With the library inside, as ipvsadm has it.
$(build)/ipvs-exporter: $(exporter_objects) $(patsubst %.cc,$(build)/tools/%.o,$(base_sources)) $(build)/libipvs++.a
	$(CXX) $(LDFLAGS) $^ -o $@ $(nl_libs) -pthread

# What 50,000 servers cost a scrape, without a kernel; fails beyond a second or 100 MB.
.PHONY: bench-exporter
bench-exporter: $(build)/bench/exporter ## what a scrape of ipvs-exporter with 50,000 servers costs
	$<
$(build)/bench/exporter: tests/bench/exporter.cc $(filter-out %/main.o,$(exporter_objects)) \
		$(patsubst %.cc,$(build)/tools/%.o,$(base_sources)) $(build)/libipvs++.a
	@mkdir -p $(@D)
	$(CXX) $(tools_cxxflags) $(CPPFLAGS) $(CXXFLAGS) $(LDFLAGS) $^ -o $@ $(nl_libs) -pthread

install-tools: install-exporter
install-exporter: $(build)/ipvs-exporter
	install -d $(addprefix $(DESTDIR),$(SBINDIR) $(PREFIX)/share/man/man8 $(PREFIX)/share/ipvs-exporter)
	install -m 755 $(build)/ipvs-exporter $(DESTDIR)$(SBINDIR)
	install -m 644 tools/exporter/ipvs-exporter.8 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 644 tools/exporter/grafana.json $(DESTDIR)$(PREFIX)/share/ipvs-exporter

uninstall-tools: uninstall-exporter
uninstall-exporter:
	rm -f $(DESTDIR)$(SBINDIR)/ipvs-exporter $(DESTDIR)$(PREFIX)/share/man/man8/ipvs-exporter.8
	rm -rf $(DESTDIR)$(PREFIX)/share/ipvs-exporter

-include $(exporter_objects:.o=.d)
