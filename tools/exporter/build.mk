# SPDX-License-Identifier: GPL-2.0-or-later
# ipvs-exporter, into build/.

exporter_libs := -pthread
exporter_files := ipvs-exporter.8:man/man8/ipvs-exporter.8 grafana.json:ipvs-exporter/grafana.json
$(eval $(call program,exporter))

# What 50,000 servers cost a scrape, without a kernel; fails beyond a second or 100 MB.
.PHONY: bench-exporter
bench-exporter: $(build)/bench/exporter ## what a scrape of ipvs-exporter with 50,000 servers costs
	$<
$(build)/bench/exporter: tests/bench/exporter.cc $(filter-out %/main.o,$(exporter_objects)) $(base_objects) $(build)/libipvs++.a
	@mkdir -p $(@D)
	$(CXX) $(tools_cxxflags) $(CPPFLAGS) $(CXXFLAGS) $(LDFLAGS) $^ -o $@ $(nl_libs) -pthread
