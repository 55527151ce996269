# SPDX-License-Identifier: GPL-2.0-or-later
# ipvs-top, into build/.

top_libs := $(shell pkg-config --libs ncurses 2>/dev/null) -pthread
top_files := ipvs-top.8:man/man8/ipvs-top.8 completion.bash:bash-completion/completions/ipvs-top
$(eval $(call program,top))
