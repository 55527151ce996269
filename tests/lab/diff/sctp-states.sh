# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# timeout: 400
# Lives of SCTP associations from hand-made packets: states, timeouts, active and inactive connections.
topology 1
modprobe ip_vs
fake_hosts
# the timeouts of this theme
timeout_of=$(printf '%s' "$timeout_of" | sed 's/split("[^"]*"/split("4 61 100 900"/')
sport=20000

# walk METHOD STEP...: an association of its own to a service of its own. A step is > or < (from the client or
# the server) and a chunk, or several with + between.
walk() {
  method=$1
  shift
  sport=$((sport + 1)) wport=$((sport - 15000))
  vs -A --sctp-service $VIP:$wport -s rr
  vs -a --sctp-service $VIP:$wport -r 10.2.1.11:$wport $method
  line="$method:"
  for step in "$@"; do
    case $step in
      '>'*) client_sends src=10.1.0.77 dst=$VIP proto=sctp sport=$sport dport=$wport chunk="${step#>}" ;;
      '<'*) server_sends 1 src=10.2.1.11 dst=10.1.0.77 proto=sctp sport=$wport dport=$sport chunk="${step#<}" ;;
    esac
    line="$line $step=$(d awk -v p="$(printf %04X $sport)" -v s="$(printf 0A02010B:%04X $wport)" "$timeout_of"'
      $3 == p { printf "%s/%d", $8, timeout_of($9) } $2 == s { printf "/%d/%d", $5, $6 }' \
      /proc/net/ip_vs_conn /proc/net/ip_vs)"
  done
  echo "$line"
  vs -D --sctp-service $VIP:$wport
}
vs -A --sctp-service $VIP:80 -s rr
both() { walk -m "$@"; }
one_way() { walk -g "$@"; }
up='>INIT <INIT-ACK >COOKIE-ECHO <COOKIE-ACK'
# shellcheck disable=SC2086 # a list of steps
{
  both $up '>DATA' '<SACK' '>SHUTDOWN' '<SHUTDOWN-ACK' '>SHUTDOWN-COMPLETE' '>INIT'
  both $up '<SHUTDOWN' '>SHUTDOWN-ACK' '<SHUTDOWN-COMPLETE' '>INIT' '<INIT-ACK'
  both $up '>SHUTDOWN' '<DATA' '<SHUTDOWN' '<SHUTDOWN-ACK'
  both $up '<SHUTDOWN' '>SHUTDOWN' '>SHUTDOWN-ACK'
  both $up '>ABORT' '>INIT'
  both $up '<ABORT' '>DATA'
  both $up '>HEARTBEAT' '<HEARTBEAT-ACK' '<ERROR' '>ERROR'
  both $up '>INIT' '<INIT-ACK' '>COOKIE-ECHO+DATA' '<COOKIE-ACK+SACK'
}
both '>INIT' '>INIT' '>INIT' '<INIT-ACK' '<INIT-ACK' '>COOKIE-ECHO' '>COOKIE-ECHO' '<COOKIE-ACK'
both '>INIT' '<ABORT' '>INIT'
both '>INIT' '>ABORT'
both '>INIT' '<INIT-ACK' '>ABORT'
both '>INIT' '<INIT-ACK' '>COOKIE-ECHO+ABORT'
both '>INIT' '<INIT-ACK' '>COOKIE-ECHO' '<COOKIE-ACK+ABORT'
both '>INIT' '<INIT-ACK' '>COOKIE-ECHO' '<ERROR' '>INIT'
both '>INIT' '<INIT' '>INIT-ACK' '<COOKIE-ECHO' '>COOKIE-ACK'
both '>INIT' '<INIT' '>INIT-ACK' '>ERROR'
both '>INIT+DATA' '<DATA' '>SHUTDOWN'
one_way '>INIT' '>INIT' '>COOKIE-ECHO' '>DATA' '>SHUTDOWN' '>SHUTDOWN-COMPLETE' '>INIT'
one_way '>INIT' '>COOKIE-ECHO' '>DATA' '>SHUTDOWN-ACK' '>INIT'
one_way '>INIT' '>COOKIE-ECHO' '>ABORT'
one_way '>INIT' '>DATA' '>SHUTDOWN' '>ERROR'
one_way '>INIT' '>INIT-ACK' '>COOKIE-ACK'
walk -i '>INIT' '>COOKIE-ECHO' '>SHUTDOWN'
for sloppy in 0 1; do
  echo "sloppy_sctp $sloppy"
  vs_sysctl sloppy_sctp $sloppy
  for first in DATA COOKIE-ECHO COOKIE-ACK SHUTDOWN SHUTDOWN-ACK SHUTDOWN-COMPLETE INIT-ACK ERROR ABORT HEARTBEAT; do
    both ">$first" '<DATA'
    one_way ">$first"
  done
done
vs_sysctl sloppy_sctp 0
# who gets a new association of an old client: reuse of a closed one
for mode in 0 1 3; do
  echo "conn_reuse_mode $mode"
  vs_sysctl conn_reuse_mode $mode
  sport=$((sport + 1))
  fake_pool --sctp-service rr -m 3868 1 1 >/dev/null
  for chunk in INIT INIT ABORT INIT COOKIE-ECHO; do
    client_sends src=10.1.0.77 dst=$VIP proto=sctp sport=$sport dport=3868 chunk=$chunk
    echo "$chunk: $(conns_timed | awk -v p="$(printf %04X $sport)" '$3 == p { print $6, $7, $8, $9 }')"
  done
  vst -Ln --sctp-service $VIP:3868
  vs -D --sctp-service $VIP:3868
done
vs_sysctl conn_reuse_mode 1
# a template is assured when its association is established
# others age meanwhile
of_template() { conns_timed | grep " 0A010064 0F1D "; }
vst -A --sctp-service $VIP:3869 -s rr -p 100
vst -a --sctp-service $VIP:3869 -r 10.2.1.11 -m
for chunk in INIT DATA COOKIE-ACK; do
  client_sends src=10.1.0.77 dst=$VIP proto=sctp sport=4000 dport=3869 chunk=$chunk
  of_template
done
server_sends 1 src=10.2.1.11 dst=10.1.0.77 proto=sctp sport=3869 dport=4000 chunk=COOKIE-ACK
of_template
