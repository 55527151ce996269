# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for ipvsadm, ipvsadm-save and ipvsadm-restore. Services and servers are those in the kernel,
# for whom may read them.

_ipvsadm_commands="--add-service --edit-service --delete-service --clear --restore --save --add-server
  --edit-server --delete-server --list --zero --set --start-daemon --stop-daemon --sysctl --help --version
  -A -E -D -C -R -S -a -e -d -L -l -Z -O -h -v"
_ipvsadm_schedulers="rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos none"
_ipvsadm_service="-t --tcp-service -u --udp-service --sctp-service -f --fwmark-service -6 --ipv6"
_ipvsadm_service_options="-s --scheduler -p --persistent -M --netmask --pe -b --sched-flags -o --ops"
_ipvsadm_server_options="-g --gatewaying -i --ipip -m --masquerading -w --weight -x --u-threshold
  -y --l-threshold --tun-type --tun-port --tun-nocsum --tun-csum --tun-remcsum"
_ipvsadm_list_options="-n --numeric -c --connection --timeout --daemon --stats --rate --thresholds
  --persistent-conn --nosort --sort --tun-info -X --exact --json"
_ipvsadm_daemon_options="--mcast-interface --syncid --mcast-group --mcast-port --mcast-ttl --sync-maxlen"

# Where this is not there ipvsadm would load the module: nobody asks for that by pressing a key.
_ipvsadm_loaded=/proc/net/ip_vs

_ipvsadm_table() {
  [ -e "$_ipvsadm_loaded" ] && ipvsadm -S -n 2>/dev/null
}

# _ipvsadm_waits WORD: sets REPLY to the option in WORD that the next word belongs to; empty if there is none
_ipvsadm_waits() {
  local i letter
  REPLY=$1
  [[ $1 == -[^-]?* ]] || return
  # short ones in a bundle: the first that takes an argument takes the rest, or, if it is the last, the next word
  for ((i = 1; i < ${#1}; i++)); do
    letter=${1:i:1}
    [[ tufspMrwxybO == *"$letter"* ]] || continue
    REPLY=
    [ $((i + 1)) -lt ${#1} ] || REPLY=-$letter
    return
  done
  REPLY=
}

# _ipvsadm_saved OPTION: the words behind this option of what is saved
_ipvsadm_saved() {
  _ipvsadm_table |
    awk -v option="$1" '{ for (i = 1; i < NF; i++) if ($i == option) print $(i + 1) }' | sort -u
}

# the servers of the service on the command line, or of all
_ipvsadm_servers() {
  local i service=
  for ((i = 1; i < cword; i++)); do
    _ipvsadm_waits "${words[i]}"
    case $REPLY in
    -t | -u | -f | --sctp-service) service="$REPLY ${words[i + 1]} " ;;
    --tcp-service) service="-t ${words[i + 1]} " ;;
    --udp-service) service="-u ${words[i + 1]} " ;;
    --fwmark-service) service="-f ${words[i + 1]} " ;;
    esac
  done
  _ipvsadm_table |
    awk -v service="-a $service" 'index($0, service) == 1 {
      for (i = 1; i < NF; i++) if ($i == "-r") print $(i + 1) }' | sort -u
}

_ipvsadm_sysctls() {
  local name
  for name in /proc/sys/net/ipv4/vs/*; do
    [ -e "$name" ] || continue
    name=${name##*/}
    printf '%s\n' "$name" "$name=" "^$name"
  done
}

# what may follow the command
_ipvsadm_options() {
  local verb=$1
  # the first of a bundle is the command
  [[ $verb == -[^-]?* ]] && verb=${verb:0:2}
  case $verb in
  -A | --add-service) echo "$_ipvsadm_service $_ipvsadm_service_options --ensure" ;;
  -E | --edit-service) echo "$_ipvsadm_service $_ipvsadm_service_options" ;;
  -D | --delete-service) echo "$_ipvsadm_service --ensure" ;;
  -Z | --zero) echo "$_ipvsadm_service" ;;
  -a | --add-server) echo "$_ipvsadm_service -r --real-server $_ipvsadm_server_options --ensure" ;;
  -e | --edit-server) echo "$_ipvsadm_service -r --real-server $_ipvsadm_server_options" ;;
  -d | --delete-server) echo "$_ipvsadm_service -r --real-server --ensure" ;;
  -L | -l | --list) echo "$_ipvsadm_service $_ipvsadm_list_options" ;;
  -R | --restore) echo "--replace --atomic" ;;
  -S | --save) echo "-n --numeric" ;;
  -O | --sysctl) echo "--json" ;;
  --start-daemon) echo "$_ipvsadm_daemon_options --ensure" ;;
  --stop-daemon) echo "--syncid --ensure" ;;
  esac
  echo "--exit-codes"
}

_ipvsadm() {
  local word choices words current cword option start=
  COMPREPLY=()
  # Addresses have colons and settings have "=", at which readline would break words; here a word is what blanks enclose.
  read -r -a words <<<"${COMP_LINE:0:COMP_POINT}"
  [[ ${COMP_LINE:0:COMP_POINT} == *[[:blank:]] ]] && words+=("")
  cword=$((${#words[@]} - 1))
  current=${words[cword]}

  if [ "$cword" -le 1 ] && [[ $current != --*=* ]]; then
    choices=$_ipvsadm_commands
  else
    _ipvsadm_waits "${words[cword - 1]}"
    option=$REPLY
    if [[ $current == --*=* ]]; then
      option=${current%%=*}
      start=$option=
    elif [[ $option == -b || $option == --sched-flags ]]; then
      start=${current%"${current##*,}"}
    fi
    case $option in
    -t | --tcp-service) choices=$(_ipvsadm_saved -t) ;;
    -u | --udp-service) choices=$(_ipvsadm_saved -u) ;;
    --sctp-service) choices=$(_ipvsadm_saved --sctp-service) ;;
    -f | --fwmark-service)
      choices="$(_ipvsadm_saved -f) $(sed 's/#.*//' /etc/fwmarks 2>/dev/null | awk '{ print $2 }')"
      ;;
    -r | --real-server) choices=$(_ipvsadm_servers) ;;
    -s | --scheduler) choices=$_ipvsadm_schedulers ;;
    -b | --sched-flags) choices="sh-fallback sh-port mh-fallback mh-port flag-1 flag-2 flag-3" ;;
    --pe) choices="sip" ;;
    --tun-type) choices="ipip gue gre" ;;
    --start-daemon | --stop-daemon) choices="master backup" ;;
    --mcast-interface) choices=$(cd /sys/class/net 2>/dev/null && echo *) ;;
    -O | --sysctl) choices="$(_ipvsadm_sysctls) --json --exit-codes" ;;
    -w | --weight | -x | --u-threshold | -y | --l-threshold | -M | --netmask | --tun-port | --syncid | \
      --mcast-group | --mcast-port | --mcast-ttl | --sync-maxlen | --set) return ;;
    *) choices=$(_ipvsadm_options "${words[1]}") ;;
    esac
  fi
  while read -r word; do
    COMPREPLY+=("$word")
  done < <(compgen -P "$start" -W "$choices" -- "${current#"$start"}")
  # Of the word readline knows only what stands behind the last break.
  if [[ $current == *[:=]* && $COMP_WORDBREAKS == *:* ]]; then
    local head=${current%"${current##*[:=]}"}
    COMPREPLY=("${COMPREPLY[@]#"$head"}")
  fi
}

_ipvsadm_save() {
  mapfile -t COMPREPLY < <(compgen -W "-n" -- "$2")
}

_ipvsadm_restore() {
  mapfile -t COMPREPLY < <(compgen -W "--atomic --exit-codes" -- "$2")
}

complete -F _ipvsadm ipvsadm
complete -F _ipvsadm_save ipvsadm-save
complete -F _ipvsadm_restore ipvsadm-restore
