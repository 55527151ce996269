# SPDX-License-Identifier: GPL-2.0-or-later
# ipvs-feedback, into build/.

feedback_sources := $(wildcard tools/feedback/*.cc)
feedback_objects := $(patsubst %.cc,$(build)/tools/%.o,$(feedback_sources))
feedback_manuals := man8/ipvs-feedback.8 man5/ipvs-feedback.conf.5

.PHONY: install-feedback uninstall-feedback
tools: $(build)/ipvs-feedback

# With the library inside, as ipvsadm has it.
$(build)/ipvs-feedback: $(feedback_objects) $(patsubst %.cc,$(build)/tools/%.o,$(base_sources)) $(build)/libipvs++.a
	$(CXX) $(LDFLAGS) $^ -o $@ $(nl_libs) -pthread

install-tools: install-feedback
install-feedback: $(build)/ipvs-feedback
	install -d $(addprefix $(DESTDIR),$(SBINDIR) $(PREFIX)/share/man/man5 $(PREFIX)/share/man/man8 $(completions) \
		$(PREFIX)/share/ipvs-feedback)
	install -m 755 $(build)/ipvs-feedback $(DESTDIR)$(SBINDIR)
	for m in $(feedback_manuals); do install -m 644 tools/feedback/$${m#*/} $(DESTDIR)$(PREFIX)/share/man/$$m; done
	install -m 644 tools/feedback/example.conf $(DESTDIR)$(PREFIX)/share/ipvs-feedback/ipvs-feedback.conf
	install -m 644 tools/feedback/completion.bash $(DESTDIR)$(completions)/ipvs-feedback

uninstall-tools: uninstall-feedback
uninstall-feedback:
	rm -f $(addprefix $(DESTDIR),$(SBINDIR)/ipvs-feedback $(addprefix $(PREFIX)/share/man/,$(feedback_manuals)) \
		$(completions)/ipvs-feedback)
	rm -rf $(DESTDIR)$(PREFIX)/share/ipvs-feedback

-include $(feedback_objects:.o=.d)
