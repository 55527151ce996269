# SPDX-License-Identifier: GPL-2.0-or-later
# Runs case files one after another in a clean machine each: afterwards all namespaces and processes
# of the case are gone, every ip_vs module can be unloaded, no slab of theirs is left and the kernel
# has said nothing alarming. On the debug kernel nothing may have leaked either.

. /lab/alarm.sh

# kills every process with an executable except ourselves (kernel threads have none)
kill_all() {
  for p in /proc/[0-9]*; do
    p=${p#/proc/}
    [ "$p" -le 1 ] || [ "$p" = $$ ] || [ -z "$(readlink /proc/$p/exe 2>/dev/null)" ] || kill -9 "$p" 2>/dev/null
  done
}

# our modules in an order in which they can go: users first
ipvs_modules() {
  awk '$1 ~ /^ip_vs|^xt_ipvs$/ { print $1 }' /proc/modules | sort -r
}

# rmmod goes by itself: if it hangs in the kernel, nothing can end it, and the guest must get to its end nevertheless.
unload_ipvs() {
  m=$(ipvs_modules)
  [ -z "$m" ] || [ -d "/proc/$rmmod" ] && return
  rmmod $m 2>/tmp/rmmod.err &
  rmmod=$!
}
rmmod=none

none_loaded() { [ -z "$(ipvs_modules)" ]; }
try_unload() { none_loaded || { unload_ipvs; false; }; }

# wants FILE KEY: the words of a comment line "# KEY: words" at the top of a case
wants() { sed -n "1,12s/^# $2: *//p" "$1"; }

# named FILE: whoever started the guest asked for this one, not for a pattern
named() { case " $named " in *" $(basename "$1" .sh) "*) ;; *) return 1 ;; esac; }

skipped() {
  w=$(wants "$1" runs-on)
  [ -z "$w" ] || case " $w " in *" $module "*) ;; *) return 0 ;; esac
  w=$(wants "$1" kernels)
  [ -z "$w" ] || case " $w " in *" $kernel "*) ;; *) return 0 ;; esac
  [ "$(wants "$1" lane)" != long ] || [ -n "$long" ] || named "$1" || return 0
  [ "$(wants "$1" brief)" != no ] || [ "${brief:-0}" = 0 ] || named "$1" || return 0
  w=$(wants "$1" ipvsadm)
  [ -z "$w" ] || case " $w " in *" $ipvsadm "*) ;; *) return 0 ;; esac
  return 1
}

clean_up() {
  kill_all
  ip netns list | while read -r n _; do ip netns del "$n"; done
  rm -rf /tmp/lab
  iptables -t mangle -F 2>/dev/null
  true
}

# What the kernel's leak checker knows when the case is over. It looks at an object twice before it says
# anything, and not within the first five seconds of its life.
kmemleak=/sys/kernel/debug/kmemleak
leaks() {
  echo scan >$kmemleak
  young=$(($(cut -d. -f1 /proc/uptime) + 6))
  while [ "$(cut -d. -f1 /proc/uptime)" -lt $young ]; do sleep 0.2; done
  echo scan >$kmemleak
  cat $kmemleak
  echo clear >$kmemleak
}

# What is asked for by name and does not run here has not been proved.
skipped_silently() { # FILE NAME
  skipped "$1" || return 1
  named "$1" || return 0
  echo "@case $2"
  echo "not ok - $2 runs with these modules, on this kernel, with this ipvsadm ($module, $kernel, $ipvsadm)"
  echo "@end $2 0"
}

# What a case looked at without seeing anything (broken() of lib.sh) may have hidden what it looked for.
saw_all() { # NAME
  [ -s /tmp/lab/broken ] || return 0
  echo "not ok - $1 has seen all that it looked at"
  cat /tmp/lab/broken
}

# Connections in the caches of a module that is still there, but for those of the first namespace, which goes with the
# module only. What CPUs keep for themselves counts as used, so it is given back first.
entries_cached() {
  for f in /sys/kernel/slab/ip_vs*/shrink; do [ ! -e "$f" ] || echo 1 >"$f"; done
  awk 'FILENAME == ARGV[1] && /^ip_vs/ { n += $2 } FILENAME == ARGV[2] && FNR > 1 { n-- } END { print n + 0 }' \
    /proc/slabinfo "$([ -e /proc/net/ip_vs_conn ] && echo /proc/net/ip_vs_conn || echo /dev/null)"
}
# The kernel frees namespaces that went together only when the next ones go, with or without IPVS: so one more goes.
no_entries_cached() {
  [ "$(entries_cached)" != 0 ] || return 0
  ip netns add next && ip netns del next
  false
}

run_case() {
  case_name=$(basename "$1" .sh)
  skipped_silently "$1" "$case_name" && return
  echo "@case $case_name"
  t0=$(cut -d. -f1 /proc/uptime)
  dmesg -c >/dev/null
  limit=$(wants "$1" timeout)
  # random requests without end take their time
  [ -z "$fuzz$hostile" ] || limit=$((${limit:-120} + (${fuzz:-0} + ${hostile:-0}) / 20))
  timeout -s KILL $((${limit:-120} * slow)) dash -c '. /lab/config; . /lab/lib.sh; . "$0"; finished' "$1" </dev/null 2>&1
  rc=$?
  # finished() says so only when the script came to its end
  [ $rc = 0 ] || echo "not ok - $case_name ran to its end (status $rc; 137 = out of time)"
  saw_all "$case_name"
  clean_up
  # Namespaces end in the background, and the memory of entries waits for readers. A kernel with KASAN holds freed objects
  # back; there the leak checker looks.
  if [ -e $kmemleak ]; then
    :
  elif wait_until 30 no_entries_cached; then
    echo "ok - no connection is left in memory"
  else
    echo "not ok - no connection is left in memory"
    echo "objects: $(entries_cached)"
  fi
  if wait_until 30 try_unload; then
    echo "ok - all ip_vs modules can be unloaded"
  else
    echo "not ok - all ip_vs modules can be unloaded"
    echo "left: $(ipvs_modules | tr '\n' ' ')"
    cat /tmp/rmmod.err
    grep ip_vs /proc/modules
    # who holds it up: everybody in the kernel who is in our code, or in that for namespaces and modules
    for p in /proc/[0-9]*; do
      ! grep -q -E 'ip_vs|pernet|cleanup_net|setup_net|delete_module|netdev_wait' "$p/stack" 2>/dev/null ||
        { echo "$p $(cat "$p/comm")"; cat "$p/stack"; }
    done
  fi
  left=$(awk '/^ip_vs/ { print $1, "objects", $2 }' /proc/slabinfo)
  if [ -z "$left" ]; then echo "ok - no slab left behind"; else echo "not ok - no slab left behind"; echo "$left"; fi
  if [ -e $kmemleak ]; then
    is "nothing has leaked" "$(leaks)" ""
    is "the lock checker has not given up" "$(awk '/debug_locks:/ { print $2 }' /proc/lockdep_stats)" 1
  fi
  if dmesg | alarms >/tmp/alarm; then
    echo "not ok - the kernel log is clean"
    head -n 3 /tmp/alarm
    dmesg | alarms -A 25 | head -n 80
  else
    echo "ok - the kernel log is clean"
  fi
  echo "@end $case_name $(($(cut -d. -f1 /proc/uptime) - t0))"
}
