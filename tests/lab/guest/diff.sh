# SPDX-License-Identifier: GPL-2.0-or-later
# Runs a transcript script: everything it prints is compared on the host with what the same script
# printed on the in-tree module with Debian's ipvsadm.

run_diff() { # TOOL FILE
  name=$(basename "$2" .sh)
  skipped_silently "$2" "$1/$name" && return
  # a theme of packets only need not be told to both tools
  tools=$(wants "$2" tools)
  case " ${tools:-$1} " in *" $1 "*) ;; *) return ;; esac
  # the host has it already
  ! grep -q -s -x -F "$1/$name" /lab/kept || return
  ln -sfn "$1" /lab/tools
  echo "@case $1/$name"
  dmesg -c >/dev/null
  limit=$(wants "$2" timeout)
  timeout -s KILL $((${limit:-240} * slow)) dash -c '. /lab/config; . /lab/lib.sh; . /lab/transcript.sh; . "$0"' "$2" </dev/null 2>&1
  rc=$?
  echo "@end $1/$name 0"
  saw_all "$1/$name"
  clean_up
  # These are checks of the run, not part of the transcript.
  [ $rc = 0 ] && echo "ok - ran to its end" || echo "not ok - $1/$name ran to its end (status $rc)"
  if wait_until 30 try_unload; then echo "ok - modules unload"; else echo "not ok - $1/$name: modules unload"; fi
  if dmesg | alarms >/tmp/alarm; then
    echo "not ok - $1/$name: the kernel log is clean"
    head -n 3 /tmp/alarm
  fi
}
