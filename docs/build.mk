# SPDX-License-Identifier: GPL-2.0-or-later
# The documentation as pages, into build/site/, and its diagrams. The pages can be read without either.

site_sources := $(wildcard *.md) $(shell find docs -name '*.md') tests/lab/README.md tests/bench/README.md
site_pages := $(patsubst %.md,$(build)/site/%.html,$(site_sources))
# What pages lead to besides other pages.
site_files := $(addprefix $(build)/site/,LICENSE $(shell find docs -type f ! -name '*.md' ! -path 'docs/site/*' ! -name '*.mk' ! -name '*.dot') \
	include/ipvs/kernel.h)

.PHONY: site diagrams
site: ## the documentation as pages, in build/site/; needs pandoc
	@command -v pandoc >/dev/null || { echo "make site needs pandoc: apt-get install pandoc" >&2; exit 1; }
	@$(MAKE) --no-print-directory $(site_pages) $(site_files)
	@tests/install/site $(build)/site
	@echo "$(build)/site/docs/README.html"

$(build)/site/%.html: %.md docs/site/page.html docs/site/links.lua
	@mkdir -p $(@D)
	pandoc --from gfm --to html --standalone --template docs/site/page.html --lua-filter docs/site/links.lua \
		--metadata root=$(shell echo $(dir $<) | sed 's|^\./$$||; s|[^/]*/|../|g') $< -o $@

$(site_files): $(build)/site/%: %
	@mkdir -p $(@D)
	cp $< $@

diagrams: ## the diagrams of docs/tutorials from their sources, with graphviz
	for source in docs/tutorials/*.dot; do dot -Tsvg $$source -o $${source%.dot}.svg || exit 1; done
