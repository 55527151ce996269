# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for ipvs-realserver

_ipvs_realserver() {
  local words current=$2 before=$3
  case $before in
  --tun-type) words="ipip gre gue" ;;
  --persistent) words="networkd ifupdown" ;;
  --device) words=$(cd /sys/class/net 2>/dev/null && echo *) ;;
  --tun-port) words= ;;
  *)
    words="--device --tun-type --tun-port --apply --check --persistent --undo --help --version"
    [ "$COMP_CWORD" -gt 1 ] || words="dr tun $words"
    ;;
  esac
  COMPREPLY=()
  # Names of devices are others': the shell does not look into them.
  local word
  for word in $words; do
    [[ $word == *[!][:alnum:]:@%+,=^./_-]* || $word != "$current"* ]] || COMPREPLY+=("$word")
  done
}

complete -F _ipvs_realserver ipvs-realserver
