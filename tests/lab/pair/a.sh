# SPDX-License-Identifier: GPL-2.0-or-later
# The first director, which also says what the second one does; what it prints is compared.
set_up
on() { # SIDE COMMAND: a shell command on one of them
  on_side=$1
  shift
  if [ "$on_side" = a ]; then eval "$*"; else printf '%s\n' "$*" | at d socat -t 300 - TCP:10.99.0.2:7000; fi
}
on_both() { on a "$@"; on b "$@"; }
wait_until 300 sh -c 'echo true | at d socat -t 5 - TCP:10.99.0.2:7000' || broken "the other one is not there"

round=0
for group in 224.0.0.81 ff02::81; do
  for version in 1 0; do
    if [ $group = 224.0.0.81 ]; then traffic=traffic; else traffic=few; fi
    [ $group = 224.0.0.81 ] || [ $version = 1 ] || continue
    for master in a b; do
      round=$((round + 1)) mark=$((50000 + round))
      if [ $master = a ]; then backup=b; else backup=a; fi
      echo "== version $version, group $group, master is $master"
      on_both "services $version"
      on $backup "begin_backup $group"
      on $master "vs --start-daemon master --mcast-interface eth0 --mcast-group $group --syncid 9"
      on $master "$traffic $mark"
      on $backup "wait_until 30 has_entry $mark || broken 'nothing has come'"
      echo "-- the backup"
      on $backup show timed
      echo "-- the master"
      on $master show
      [ $group = 224.0.0.81 ] || continue
      echo "-- the backup goes on"
      on $backup goes_on
      on $backup show
      echo "-- roles are changed"
      mark=$((50100 + round))
      on $master "vs --stop-daemon master; begin_backup $group"
      on $backup "vs --stop-daemon backup; vs --start-daemon master --mcast-interface eth0 --mcast-group $group --syncid 9"
      on $backup "tcp 80 4001 AF; tcp 81 4011 AF; last $mark"
      on $master "wait_until 30 has_entry $mark || broken 'nothing has come back'"
      on $master show
    done
  done
done
on_both "vs --stop-daemon master 2>/dev/null; vs --stop-daemon backup 2>/dev/null; vs -C; wait_until 30 no_ipvs || broken 'modules stay'"
on_both "dmesg | alarms | head -n 3"
on_both "cat /tmp/lab/broken 2>/dev/null"
echo "= whole"
on b "touch /tmp/finished"
