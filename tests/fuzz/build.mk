# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzzers of what reads bytes from outside. Each tests/fuzz/NAME_fuzz.cc is one, linked with kernel/core, and each
# tests/fuzz/tools/NAME_fuzz.cc, linked with libipvs, ipvsadm, ipvs-exporter and ipvs-feedback, each tests/fuzz/packet/NAME_fuzz.cc with kernel/proto's
# reader and translator of packets on a packet of user space. Their corpus is in tests/fuzz/corpus/NAME; there is no list
# to add to.
#
#   make fuzz                       each for a minute; what they find new stays in the cache, fuzz/NAME (tests/fuzz/run)
#   make fuzz FUZZ_SECONDS=600 FUZZ=headers
#   make fuzz-corpus                the least set of files that reaches what all found so far do
#
# The unit tests run every file of a corpus once, with no need of clang.

FUZZ_SECONDS ?= 60
FUZZ ?= $(fuzz_names)
FUZZ_CC ?= clang-19
FUZZ_CXX ?= clang++-19

fuzz_dir := $(build)/fuzz
fuzz_found := $(or $(IPVS_CACHE),$(HOME)/.cache/ipvs-lab)/fuzz
fuzz_core_names := $(patsubst tests/fuzz/%_fuzz.cc,%,$(wildcard tests/fuzz/*_fuzz.cc))
fuzz_tools_names := $(patsubst tests/fuzz/tools/%_fuzz.cc,%,$(wildcard tests/fuzz/tools/*_fuzz.cc))
fuzz_packet_names := $(patsubst tests/fuzz/packet/%_fuzz.cc,%,$(wildcard tests/fuzz/packet/*_fuzz.cc))
fuzz_names := $(fuzz_core_names) $(fuzz_tools_names) $(fuzz_packet_names)
fuzz_sanitize := -O1 -g1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	-Wno-deprecated-declarations
fuzz_core := $(patsubst %.c,$(fuzz_dir)/%.o,$(wildcard kernel/core/*.c))
fuzz_tools := $(patsubst %.cc,$(fuzz_dir)/%.o,$(libipvs_sources) $(filter-out ipvsadm/main.cc,$(ipvsadm_sources)) \
	$(filter-out tools/exporter/main.cc,$(exporter_sources)) $(filter-out tools/feedback/main.cc,$(feedback_sources)))
fuzz_tools_flags := $(tools_cxxflags) -Itests/unit/ipvsadm -Itests/unit/libipvs
# Where the sources include what is of the kernel alone they find nothing: that is in shim.h.
fuzz_headers := $(addprefix $(fuzz_dir)/include/,linux/percpu.h linux/sctp.h linux/skbuff.h net/checksum.h net/ip.h \
	net/ip6_checksum.h net/sctp/checksum.h)
fuzz_packet_flags := -include tests/fuzz/packet/shim.h -Itests/fuzz/packet -I$(fuzz_dir)/include $(unit_core_flags) \
	-Wno-unused-parameter -Wno-sign-compare
fuzz_packet_sources := kernel/proto/packet.c kernel/proto/nat.c
fuzz_packet := $(patsubst %.c,$(fuzz_dir)/%.o,$(fuzz_packet_sources))
fuzz_packet_replay := $(patsubst %.c,$(unit_dir)/fuzz/%.o,$(fuzz_packet_sources))
fuzz_replays := $(patsubst %,$(unit_dir)/%_replay,$(fuzz_names))

.PHONY: fuzz fuzz-names fuzz-corpus fuzz-deps
.SECONDARY: $(fuzz_core) $(fuzz_tools) $(fuzz_packet) $(fuzz_packet_replay) $(addprefix $(fuzz_dir)/,$(fuzz_names))

fuzz-deps:
	@tests/lab/deps tests/fuzz/packages

fuzz: fuzz-deps ## fuzz what reads packets, answers, words: FUZZ_SECONDS (60) each, or only FUZZ='NAME...'
	@tests/fuzz/run $(FUZZ_SECONDS) $(FUZZ)

fuzz-names:
	@echo $(fuzz_names)

fuzz-corpus: fuzz-deps ## the least corpus that reaches what the fuzzers have found
	@$(MAKE) --no-print-directory $(addprefix fuzz-merge-,$(FUZZ))

fuzz-merge-%: $(fuzz_dir)/%
	@rm -rf $(fuzz_dir)/least/$* && mkdir -p $(fuzz_dir)/least/$* $(fuzz_found)/$* tests/fuzz/corpus/$*
	$< -merge=1 -use_counters=0 $(fuzz_dir)/least/$* tests/fuzz/corpus/$* $(fuzz_found)/$*
	rm -f tests/fuzz/corpus/$*/*
	cp $(fuzz_dir)/least/$*/* tests/fuzz/corpus/$*/

$(addprefix $(fuzz_dir)/,$(fuzz_tools_names)): $(fuzz_dir)/%: tests/fuzz/tools/%_fuzz.cc $(fuzz_tools)
	@mkdir -p $(@D)
	$(FUZZ_CXX) $(fuzz_tools_flags) $(fuzz_sanitize) -MMD -MP -MF $@.d $(filter %.cc %.o,$^) -o $@ \
		$(nl_libs) $(popt_libs)

$(fuzz_dir)/%.o: %.cc
	@mkdir -p $(@D)
	$(FUZZ_CXX) $(fuzz_tools_flags) $(fuzz_sanitize) -MMD -MP -c $< -o $@

$(addprefix $(fuzz_dir)/,$(fuzz_core_names)): $(fuzz_dir)/%: tests/fuzz/%_fuzz.cc $(fuzz_core)
	@mkdir -p $(@D)
	$(FUZZ_CXX) -std=c++20 $(unit_core_flags) $(fuzz_sanitize) -MMD -MP -MF $@.d \
		$(filter %.cc %.o,$^) -o $@

$(fuzz_dir)/kernel/core/%.o: kernel/core/%.c
	@mkdir -p $(@D)
	$(FUZZ_CC) -std=gnu11 $(unit_core_flags) $(fuzz_sanitize) -MMD -MP -c $< -o $@

$(fuzz_headers):
	@mkdir -p $(@D)
	@: >$@

$(fuzz_dir)/kernel/proto/%.o: kernel/proto/%.c $(fuzz_headers)
	@mkdir -p $(@D)
	$(FUZZ_CC) -std=gnu11 $(fuzz_packet_flags) $(fuzz_sanitize) -MMD -MP -c $< -o $@

$(addprefix $(fuzz_dir)/,$(fuzz_packet_names)): $(fuzz_dir)/%: tests/fuzz/packet/%_fuzz.cc $(fuzz_packet) $(fuzz_core) $(fuzz_headers)
	@mkdir -p $(@D)
	$(FUZZ_CXX) -std=c++23 $(fuzz_packet_flags) $(fuzz_sanitize) -MMD -MP -MF $@.d $(filter %.cc %.o,$^) -o $@

# Each source by itself: of two in one command only the second's dependencies are written down.
replay_objects := $(patsubst %,$(unit_dir)/tests/fuzz/%_fuzz.o,$(fuzz_core_names) $(addprefix tools/,$(fuzz_tools_names)) \
	$(addprefix packet/,$(fuzz_packet_names))) \
	$(patsubst %,$(unit_dir)/tests/fuzz/%_replay.o,$(fuzz_names))
.SECONDARY: $(replay_objects)

$(unit_dir)/tests/fuzz/tools/%_fuzz.o: tests/fuzz/tools/%_fuzz.cc
	@mkdir -p $(@D)
	$(CXX) $(fuzz_tools_flags) $(unit_sanitize) -MMD -MP -c $< -o $@

$(unit_dir)/tests/fuzz/packet/%_fuzz.o: tests/fuzz/packet/%_fuzz.cc $(fuzz_headers)
	@mkdir -p $(@D)
	$(CXX) -std=c++23 $(fuzz_packet_flags) $(unit_sanitize) -MMD -MP -c $< -o $@

$(unit_dir)/fuzz/kernel/proto/%.o: kernel/proto/%.c $(fuzz_headers)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(fuzz_packet_flags) $(unit_sanitize) -MMD -MP -c $< -o $@

$(unit_dir)/tests/fuzz/%_fuzz.o: tests/fuzz/%_fuzz.cc
	@mkdir -p $(@D)
	$(CXX) -std=c++23 $(unit_core_flags) $(unit_sanitize) -MMD -MP -c $< -o $@

$(unit_dir)/tests/fuzz/%_replay.o: tests/fuzz/replay.cc
	@mkdir -p $(@D)
	$(CXX) -std=c++23 $(unit_sanitize) -DCORPUS='"tests/fuzz/corpus/$*"' -MMD -MP -c $< -o $@

$(patsubst %,$(unit_dir)/%_replay,$(fuzz_tools_names)): $(unit_dir)/%_replay: $(unit_dir)/tests/fuzz/tools/%_fuzz.o \
		$(unit_dir)/tests/fuzz/%_replay.o $(filter-out $(unit_dir)/tests/%,$(unit_tools_objects))
	$(CXX) $(unit_sanitize) $^ -o $@ $(nl_libs) $(popt_libs) -lgtest -lgtest_main -lpthread

$(patsubst %,$(unit_dir)/%_replay,$(fuzz_core_names)): $(unit_dir)/%_replay: $(unit_dir)/tests/fuzz/%_fuzz.o \
		$(unit_dir)/tests/fuzz/%_replay.o $(unit_core_c_objects)
	$(CXX) $(unit_sanitize) $^ -o $@ -lgtest -lgtest_main -lpthread

$(patsubst %,$(unit_dir)/%_replay,$(fuzz_packet_names)): $(unit_dir)/%_replay: $(unit_dir)/tests/fuzz/packet/%_fuzz.o \
		$(unit_dir)/tests/fuzz/%_replay.o $(fuzz_packet_replay) $(unit_core_c_objects)
	$(CXX) $(unit_sanitize) $^ -o $@ -lgtest -lgtest_main -lpthread

unit_programs += $(fuzz_replays)
test-unit: $(fuzz_replays)

-include $(addsuffix .d,$(addprefix $(fuzz_dir)/,$(fuzz_names))) $(replay_objects:.o=.d) $(fuzz_core:.o=.d) $(fuzz_tools:.o=.d) \
	$(fuzz_packet:.o=.d) $(fuzz_packet_replay:.o=.d)
