# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# timeout: 600
# The whole map of the hashing schedulers: which server each of ten thousand addresses leads to.
topology 1
modprobe ip_vs
marked_network
show_map() { # SCHEDULER[,FLAGS] EACH FAMILY WEIGHT...
  sm_sched=$1 sm_each=$2 sm_family=$3
  shift 3
  both_have ip_vs_"${sm_sched%%,*}" || return 0
  echo "== $sm_sched, each $sm_each, IPv${sm_family#-}: $*"
  fresh
  if [ "$sm_family" = -6 ]; then marked_pool -6 "$sm_sched" "$@"; else marked_pool "$sm_sched" "$@"; fi
  marked_map "$sm_each" 10000 "$sm_family"
}
show_map dh dst -4 1 2 0 4 5
show_map dh dst -6 3 2 1
for s in sh mh; do
  # a weight of more than all buckets of sh would leave the others none
  case $s in sh) large=30 small=10 ;; mh) large=30001 small=10000 ;; esac
  show_map $s src -4 1 7 3 50 0
  show_map $s,$s-port src -6 1 7 3 50
  show_map $s,$s-fallback src -4 2 0 3 '4 -x 500'
  show_map $s,$s-port,$s-fallback sport -4 3 0 '9 -x 900' 2
  show_map $s,$s-fallback src -6 $large $small '7 -x 2' 0
done
fresh
