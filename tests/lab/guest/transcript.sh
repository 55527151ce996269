# SPDX-License-Identifier: GPL-2.0-or-later
# For transcript scripts: commands that show what they do, and masks for what has to differ.

# both_have MODULE: it belongs to the kernel's own set and to ours (on this kernel)
both_have() { case " $common " in *" $1 "*) ;; *) return 1 ;; esac; }

# What differs on purpose is masked on the side whose doing it is, and not on the other. only WHO COMMAND...: a filter for
# what WHO has printed: a module, intree or ours, or an ipvsadm, 1.31 or own; what others have goes through as it is.
only() {
  case $1 in
    intree | ours) [ "$module" = "$1" ] ;;
    1.31) [ "$(readlink /lab/tools)" = debian ] ;;
    own) [ "$(readlink /lab/tools)" = ours ] ;;
  esac || {
    cat
    return
  }
  shift
  "$@"
}

# vst ARG...: ipvsadm in the director with both streams and the exit code. Of standard error only the
# first line is compared: that is the text of 1.31, ours may say more behind it.
vst() {
  echo "\$ ipvsadm $*"
  at d ipvsadm "$@" 2>/tmp/stderr </dev/null
  echo "= $?"
  sed -n '1s/^/! /p' /tmp/stderr
}

# The second line of -v is meant to differ: it says which ipvsadm this is.
one_version() { only own sed '/^This is the ipvsadm that comes with ipvs /d'; }

# every_option: each option that a command may get, a line each
every_option() {
  cat <<'OPTIONS'
-n
-c
-t 10.9.9.9:80
-u 10.9.9.9:53
--sctp-service 10.9.9.9:99
-f 7
-6
-s wlc
-p 100
-M 255.255.255.0
-r 10.2.1.11:80
-g
-i
-m
-w 3
-x 5
-y 2
--mcast-interface d0
--timeout
--daemon
--stats
--rate
--thresholds
--persistent-conn
--nosort
--sort
--syncid 3
-X
-o
--pe nosuch
-b flag-1
--mcast-group 224.0.0.99
--mcast-port 5
--mcast-ttl 3
--sync-maxlen 1000
--tun-info
--tun-type gre
--tun-port 5
--tun-nocsum
--tun-csum
--tun-remcsum
-A
-h
OPTIONS
}

# Connections without the seconds left (they run) and in an order of their own (hash tables differ).
conns_sorted() {
  d cat /proc/net/ip_vs_conn | awk 'NR == 1 { print; next } { $9 = "s"; print | "sort" }'
}
# For awk: the timeout that "v" seconds are left of, of those the themes use. A slow machine may have taken up to 25
# seconds of it; what is further from all of them is another timeout and stays as it is.
timeout_of='function timeout_of(v,  n, i, t) {
  n = split("10 30 50 60 100 120 200 300 900", t)
  for (i = 1; i <= n; i++) if (v <= t[i] && v >= t[i] - 25) return t[i]
  return v
}'
# the same with the timeouts, where they are to be seen
conns_timed() {
  d cat /proc/net/ip_vs_conn | awk "$timeout_of"'NR > 1 { $9 = timeout_of($9); print | "sort" }'
}

# Services come in hash order; a service and its servers are one block, sorted here by its first line.
services_sorted() {
  d cat /proc/net/ip_vs |
    awk 'NR <= 3 { print; fflush(); next }
         { printf "%s%s", substr($0, 1, 1) == " " ? "\001" : (NR > 4 ? "\n" : ""), $0 | "sort | tr \"\\001\" \"\\n\"" }'
  echo
}

# Counters are copied for readers every two seconds. stats_are COUNT-PATTERN ARG...: waits until the
# listing of ipvsadm shows them.
stats_settle() {
  settle_pattern=$1
  shift
  wait_until 10 sh -c "at d ipvsadm -Ln --stats --exact | grep -q -E '$settle_pattern'" ||
    broken "counters never showed $settle_pattern"
}

# Everything injected before has been dealt with when an echo comes back.
settled() { c ping -c 1 -w 5 10.1.0.1 >/dev/null || broken "director does not answer"; }

# picks PROTO PORT N: N new connections; which server (last byte) each got, "-" for none
next_sport=10000
picks() {
  client_sends src=10.1.0.77 dst=$VIP proto="$1" sport=$next_sport dport="$2" flows="$3"
  settled
  at d cat /proc/net/ip_vs_conn | awk -v from=$next_sport -v n="$3" '
    function hex(s,  v, i) { for (i = 1; i <= length(s); i++) v = v * 16 + index("0123456789ABCDEF", substr(s, i, 1)) - 1; return v }
    NR > 1 { p = hex($3); if (p >= from && p < from + n) got[p] = hex(substr($6, 7, 2)) }
    END { printf "picks:"; for (p = from; p < from + n; p++) printf " %s", p in got ? got[p] : "-"; print "" }'
  next_sport=$((next_sport + $3))
}

# fake_pool PROTO SCHED METHOD PORT WEIGHT...: servers 11, 12, ... with these weights
fake_pool() {
  fp_proto=$1 fp_sched=$2 fp_method=$3 fp_port=$4
  shift 4
  vst -A "$fp_proto" "$VIP:$fp_port" -s "$fp_sched"
  fp_n=11
  for w in "$@"; do
    vst -a "$fp_proto" "$VIP:$fp_port" -r "10.2.1.$fp_n:$fp_port" "$fp_method" -w "$w"
    fp_n=$((fp_n + 1))
  done
}

# The rest is about the choices of schedulers: a firewall mark service for clients 10.64.0.0/14 and fd64::/16,
# which nobody can answer, and virtual addresses 10.80.0.0/14 and fd80::/16. The table of connections starts
# empty, so that it is read fast and no timer ends before the script does.
marked_network() {
  fake_hosts
  ip -n d route add blackhole 10.64.0.0/14
  ip -n d route add local 10.80.0.0/14 dev lo
  ip -n d -6 route add blackhole fd64::/16
  ip -n d -6 route add local fd80::/16 dev lo
  at d iptables -t mangle -A PREROUTING -s 10.64.0.0/14 -j MARK --set-mark 7
  at d ip6tables -t mangle -A PREROUTING -s fd64::/16 -j MARK --set-mark 7
}
fresh() {
  reload_ipvs
  next_sport=10000
}

# marked_pool [-6] SCHEDULER[,FLAGS] WEIGHT...: servers 11, 12, ... with these weights, or "WEIGHT -x UPPER"
marked_pool() {
  mp_server=10.2.1. mp_family=
  if [ "$1" = -6 ]; then
    mp_server=fd02:1:: mp_family=-6
    shift
  fi
  mp_sched=$1
  shift
  case $mp_sched in *,*) mp_sched="${mp_sched%%,*} -b ${mp_sched#*,}" ;; esac
  {
    echo "-A -f 7 $mp_family -s $mp_sched"
    mp_n=11
    for w in "$@"; do
      if [ -n "$mp_family" ]; then mp_r="[$mp_server$mp_n]:0"; else mp_r=$mp_server$mp_n:0; fi
      echo "-a -f 7 $mp_family -r $mp_r -g -w $w"
      mp_n=$((mp_n + 1))
    done
  } >/tmp/rules
  vs -R </tmp/rules || echo "the pool was refused"
}

# marked_picks EACH N: which server (last byte) each of N new TCP connections got, "-" for none. They come
# from ports in a row (sport), from addresses in a row (src), or go to addresses in a row (dst).
marked_picks() {
  client_sends src=10.64.0.1 dst=10.80.0.1 sport=$next_sport dport=80 each="$1" flows="$2"
  settled
  at d cat /proc/net/ip_vs_conn | awk -v each="$1" -v from=$next_sport -v n="$2" '
    function hex(s,  v, i) { for (i = 1; i <= length(s); i++) v = v * 16 + index("0123456789ABCDEF", substr(s, i, 1)) - 1; return v }
    NR > 1 {
      p = hex($3) - from
      if (each != "sport" && p != 0) next
      if (each == "src") p = hex(substr($2, 5)) - 1
      if (each == "dst") p = hex(substr($4, 5)) - 1
      if (p >= 0 && p < n) got[p] = hex(substr($6, 7, 2))
    }
    END { printf "%s:", each; for (p = 0; p < n; p++) printf " %s", p in got ? got[p] : "-"; print "" }'
  if [ "$1" = sport ]; then next_sport=$((next_sport + $2)); else next_sport=$((next_sport + 1)); fi
}

# marked_map EACH N FAMILY: the servers of N clients, ports or virtual addresses (UDP), as a sum over all,
# how many each server has, and the first fifty
marked_map() {
  if [ "$3" = -6 ]; then set -- "$1" "$2" fd64::1 fd80::1; else set -- "$1" "$2" 10.64.0.1 10.80.0.1; fi
  client_sends src="$3" dst="$4" sport=2000 dport=53 proto=udp each="$1" flows="$2" step=7
  settled
  at d cat /proc/net/ip_vs_conn | awk 'NR > 1 { print $2, $3, $4, $6 }' | sort >/tmp/map
  echo "map: $(md5sum </tmp/map)"
  awk '{ n[$4]++ } NR <= 50 { first = first " " substr($4, length($4) - 1) }
       END { for (s in n) print s, n[s] | "sort"; close("sort"); print "first:" first }' /tmp/map
}
