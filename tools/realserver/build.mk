# SPDX-License-Identifier: GPL-2.0-or-later
# ipvs-realserver, into build/. Of the library it needs addresses, no IPVS in the kernel.

realserver_files := ipvs-realserver.8:man/man8/ipvs-realserver.8 completion.bash:bash-completion/completions/ipvs-realserver
$(eval $(call program,realserver))
