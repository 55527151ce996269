# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests under ASan and UBSan. Every *_test.cc found is built; there is no list to add to.
#
#   tests/unit/libipvs, tests/unit/ipvsadm   link libipvs and ipvsadm without its main()
#   tests/unit/exporter                      link ipvs-exporter without its main()
#   tests/unit/top                           link ipvs-top without main(), terminal and what waits for it
#   tests/unit/realserver                    link ipvs-realserver without its main()
#   tests/unit/feedback                      link ipvs-feedback without its main()
#   tests/unit/core                          link kernel/core, compiled as C for user space
#   tests/abi/1                              link the shared library, compiled with a header of an earlier release

unit_dir := $(build)/unit
unit_sanitize := -O0 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# What only tests have.
unit_tools_flags := $(tools_cxxflags) -Itests/unit -Itests/unit/exporter -Itests/unit/ipvsadm -Itests/unit/libipvs

unit_tools_sources := $(libipvs_sources) $(filter-out ipvsadm/main.cc,$(ipvsadm_sources)) \
	$(filter-out tools/exporter/main.cc,$(exporter_sources)) $(filter-out tools/realserver/main.cc,$(realserver_sources)) \
	$(filter-out tools/feedback/main.cc,$(feedback_sources)) \
	$(filter-out $(addprefix tools/top/,main.cc live.cc terminal.cc),$(top_sources)) \
	$(wildcard tests/unit/libipvs/*_test.cc tests/unit/ipvsadm/*_test.cc tests/unit/exporter/*_test.cc) \
	$(wildcard tests/unit/top/*_test.cc tests/unit/realserver/*_test.cc tests/unit/feedback/*_test.cc)
unit_tools_objects := $(patsubst %.cc,$(unit_dir)/%.o,$(unit_tools_sources))

unit_core_tests := $(wildcard tests/unit/core/*_test.cc)
unit_core_c_objects := $(patsubst %.c,$(unit_dir)/%.o,$(wildcard kernel/core/*.c))
unit_core_objects := $(patsubst %.cc,$(unit_dir)/%.o,$(unit_core_tests)) $(unit_core_c_objects)
unit_core_flags := -Wall -Wextra -Werror -Ikernel -Itests/unit/core

unit_programs := $(unit_dir)/tools_test $(unit_dir)/abi_test $(if $(unit_core_tests),$(unit_dir)/core_test)

.PHONY: test-unit
test-unit: $(unit_programs) ## unit tests, natively, with address and undefined behaviour sanitizers
	tests/unit/run.sh $(unit_programs)

MUTANTS ?= 60
.PHONY: mutants
mutants: ## change the code at MUTANTS (60) places and see which changes the unit tests miss; FILES='...', SEED=
	tests/unit/mutants --count $(MUTANTS) $(if $(SEED),--seed $(SEED)) $(FILES)

$(unit_dir)/tests/unit/core/%.o: tests/unit/core/%.cc
	@mkdir -p $(@D)
	$(CXX) -std=c++23 $(unit_core_flags) $(unit_sanitize) -MMD -MP -c $< -o $@

$(unit_dir)/kernel/core/%.o: kernel/core/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(unit_core_flags) $(unit_sanitize) -MMD -MP -c $< -o $@

$(unit_dir)/%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(unit_tools_flags) $(unit_sanitize) -MMD -MP -c $< -o $@

$(unit_dir)/tools_test: $(unit_tools_objects)
	$(CXX) $(unit_sanitize) $^ -o $@ $(nl_libs) $(popt_libs) -lgtest -lgtest_main -lpthread

$(unit_dir)/tests/abi/1/%.o: tests/abi/1/%.cc tests/abi/1/libipvs.h
	@mkdir -p $(@D)
	$(CXX) -std=c++23 -Wall -Wextra -Werror -Itests/abi/1 -O1 -c $< -o $@

# As a program is built that somebody has: with the shared library, found where it is.
$(unit_dir)/abi_test: $(unit_dir)/tests/abi/1/program_test.o $(build)/libipvs.so
	$(CXX) $< -o $@ -L$(build) -lipvs -Wl,-rpath,$(abspath $(build)) -lgtest -lgtest_main -lpthread

$(unit_dir)/core_test: $(unit_core_objects)
	$(CXX) $(unit_sanitize) $^ -o $@ -lgtest -lgtest_main -lpthread

-include $(unit_tools_objects:.o=.d) $(unit_core_objects:.o=.d)
