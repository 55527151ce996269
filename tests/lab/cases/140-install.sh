# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# With both modules installed, modprobe takes ours; schedulers come on demand. And what a connection costs.
rel=$(uname -r)
dir=/lib/modules/$rel
mkdir -p $dir/kernel/net/netfilter/ipvs
cp /lab/intree/* $dir/kernel/net/netfilter/ipvs/
depmod
has "modprobe would load ours" "$(modprobe --show-depends ip_vs)" "/updates/ip_vs.ko"
has_not "... and not the kernel's" "$(modprobe --show-depends ip_vs)" "/netfilter/ipvs/"
has "... and our match of iptables" "$(modprobe --show-depends ipt_ipvs | tr '\n' ' ')" "/updates/ip_vs.ko.*/updates/xt_ipvs.ko"
check "it loads" modprobe ip_vs
# the kernel's own modules carry no "out of tree" mark
has "it is ours that runs" "$(cat /sys/module/ip_vs/taint)" "O"
refuse "no scheduler yet" grep -q ip_vs_rr /proc/modules
namespace d
vs -A -t 10.1.0.100:80 -s rr
check "rr comes on demand" grep -q ip_vs_rr /proc/modules
has "... ours" "$(cat /sys/module/ip_vs_rr/taint)" "O"
vs -C
rmmod ip_vs_rr ip_vs
# an in-tree scheduler cannot link to our core
modprobe -a ip_vs x_tables
refuse "the kernel's scheduler does not link to our core" insmod "$(ls $dir/kernel/net/netfilter/ipvs/ip_vs_rr.ko*)"
refuse "... nor does its match of iptables" insmod "$(ls $dir/kernel/net/netfilter/ipvs/xt_ipvs.ko*)"
rmmod ip_vs
# the tool loads the module
refuse "module is not loaded" grep -q '^ip_vs ' /proc/modules
check "ipvsadm loads it" ipvsadm -Ln
check "it is there" grep -q '^ip_vs ' /proc/modules
rm -r $dir/kernel/net/netfilter/ipvs
depmod
