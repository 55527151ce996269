# SPDX-License-Identifier: GPL-2.0-or-later
# Debian packages. They are built from a copy, because dpkg's tools write beside the sources.

deb_dir := $(build)/deb
deb_sources := Makefile Kbuild dkms.conf LICENSE LICENSES README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md debian docs include ipvsadm kernel libipvs tools

.PHONY: deb deb-version deb-sources
deb: ## Debian packages of tools, library and modules' sources, and their source package, into build/deb/
	rm -rf $(deb_dir)
	mkdir -p $(deb_dir)/source
	cp -a $(deb_sources) $(deb_dir)/source/
	cd $(deb_dir)/source && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS DEB_BUILD_OPTIONS="$${DEB_BUILD_OPTIONS-parallel=$$(nproc)}" \
		dpkg-buildpackage --build=full --no-sign
	rm -rf $(deb_dir)/source

# without the epoch that puts it above the version of Debian's own package
deb-version:
	@echo $(libipvs_version)+$(dkms_version)

deb-sources:
	@echo $(deb_sources)
