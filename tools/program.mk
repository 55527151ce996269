# SPDX-License-Identifier: GPL-2.0-or-later
# A program beside ipvsadm: $(call program,NAME) makes ipvs-NAME of tools/NAME/, with the library inside, as ipvsadm has it.
#
#   NAME_libs    what it links to besides that library's own
#   NAME_files   what is installed with it: FILE:PLACE, a file of its folder and where that goes below PREFIX/share

define program
$(1)_sources := $$(wildcard tools/$(1)/*.cc)
$(1)_objects := $$(patsubst %.cc,$$(build)/tools/%.o,$$($(1)_sources))

.PHONY: install-$(1) uninstall-$(1)
tools: $$(build)/ipvs-$(1)
$$(build)/ipvs-$(1): $$($(1)_objects) $$(base_objects) $$(build)/libipvs++.a
	$$(CXX) $$(LDFLAGS) $$^ -o $$@ $$(nl_libs) $$($(1)_libs)

install-tools: install-$(1)
install-$(1): $$(build)/ipvs-$(1)
	install -D -m 755 $$< $$(DESTDIR)$$(SBINDIR)/ipvs-$(1)
	set -e; $$(foreach f,$$($(1)_files),install -D -m 644 tools/$(1)/$$(subst :, $$(DESTDIR)$$(PREFIX)/share/,$$f);)

uninstall-tools: uninstall-$(1)
uninstall-$(1):
	rm -f $$(DESTDIR)$$(SBINDIR)/ipvs-$(1) \
		$$(foreach f,$$($(1)_files),$$(DESTDIR)$$(PREFIX)/share/$$(lastword $$(subst :, ,$$f)))
	rm -rf $$(DESTDIR)$$(PREFIX)/share/ipvs-$(1)

-include $$($(1)_objects:.o=.d)
endef
