# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# timeout: 300
# States when transport headers are not where they usually are: options, extension headers. And lives of UDP.
topology 1
modprobe ip_vs
fake_hosts

# step WORD...: a packet from the client (>) or the server (<), and what has become of the connection
step() {
  step_way=$1
  shift
  case $step_way in
    '>') client_sends "src=$client" "dst=$vip" sport=$cport dport="$port" "$@" ;;
    '<') server_sends 1 "src=$server" "dst=$client" sport="$port" dport=$cport "$@" ;;
  esac
  echo "$step_way $*: $(conns_timed | awk -v p="$(printf %04X $cport)" '$3 == p { print $8, $9 }')"
}
cport=4000
for method in -m -g; do
  for family in 4 6; do
    for port in 80 53 3868; do
      if [ $family = 4 ]; then
        client=10.1.0.77 server=10.2.1.11 vip=$VIP at_vip=$VIP:$port at_server=$server:$port
      else
        client=fd01::77 server=fd02:1::11 vip=$VIP6 at_vip=[$VIP6]:$port at_server=[$server]:$port
      fi
      [ $method = -m ] || server=$vip
      echo "== IPv$family $method $port"
      case $port in
        80)
          vs -A -t "$at_vip" -s rr
          vs -a -t "$at_vip" -r "$at_server" $method
          step '>' options flags=S
          step '>' options flags=S
          step '<' options flags=SA
          step '>' options flags=A
          step '>' options flags=FA
          step '<' options flags=FA
          step '>' flags=S
          step '>' options flags=R
          ;;
        53)
          vs -A -u "$at_vip" -s rr
          vs -a -u "$at_vip" -r "$at_server" $method
          step '>' proto=udp len=10
          step '<' proto=udp len=10
          step '>' proto=udp options len=10
          ;;
        3868)
          vs -A --sctp-service "$at_vip" -s rr
          vs -a --sctp-service "$at_vip" -r "$at_server" $method
          step '>' proto=sctp options chunk=INIT
          step '<' proto=sctp options chunk=INIT-ACK
          step '>' proto=sctp options chunk=COOKIE-ECHO
          step '<' proto=sctp options chunk=COOKIE-ACK
          step '>' proto=sctp options chunk=ABORT
          ;;
      esac
      vst -Ln
      vs -C
      cport=$((cport + 1))
    done
  done
done
