# SPDX-License-Identifier: GPL-2.0-or-later
# Sync daemons by the classic C interface, as ipvsadm then sees them.
topology 1
modprobe ip_vs
d classic-c daemons d0
d classic-c++ daemons d0 >/tmp/c++ 2>&1
is "the same in C++" "$(cat /tmp/c++)" "$(d classic-c daemons d0 2>&1)"
vst -Ln --daemon
