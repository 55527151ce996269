# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for ipvsadm, ipvsadm-save and ipvsadm-restore. What commands and options there are is said before this,
# by the program (show/completion.cc). Services and servers are those in the kernel, for whom may read them.

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
    [[ $_ipvsadm_letters == *"$letter"* ]] || continue
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
  local i kind saved service=
  for ((i = 1; i < cword; i++)); do
    _ipvsadm_waits "${words[i]}"
    _ipvsadm_value "$REPLY"
    read -r kind saved <<<"$REPLY"
    [[ $kind == service || $kind == mark ]] && service="${saved%% *} ${words[i + 1]} "
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
  _ipvsadm_legal "${verb%%=*}"
  echo "$REPLY"
}

# _ipvsadm_files BEGIN: those whose names begin so; of folders there is more to come
_ipvsadm_files() {
  local name
  compgen -f -- "$1" | while read -r name; do
    [[ $name == *[[:blank:]]* ]] && continue
    [ ! -d "$name" ] || name+=/
    echo "$name"
  done
}

# _ipvsadm_choices KIND SAVED BEGIN: the arguments that there are of this kind; SAVED is the option as saved tables call it,
# BEGIN what is there of the argument
_ipvsadm_choices() {
  case $1 in
  service) _ipvsadm_saved "$2" ;;
  mark) echo "$(_ipvsadm_saved "$2") $(sed 's/#.*//' /etc/fwmarks 2>/dev/null | awk '{ print $2 }')" ;;
  server) _ipvsadm_servers ;;
  interface) (cd /sys/class/net 2>/dev/null && echo *) ;;
  file) _ipvsadm_files "$3" ;;
  sysctl) _ipvsadm_sysctls ;;
  *)
    _ipvsadm_words "$1"
    [ "$1" != scheduler ] || REPLY+=" none"
    echo "$REPLY"
    ;;
  esac
}

# _ipvsadm_offer START CHOICES CURRENT: sets COMPREPLY to those choices, behind START, that CURRENT is the beginning of.
# Names of interfaces and marks come from others. "compgen -W" would carry out what the shell finds in them, and so would
# the shell on the command line that they are put into: what it does not take as it stands is not offered.
_ipvsadm_offer() {
  local word words
  COMPREPLY=()
  read -r -d '' -a words <<<"$2"
  for word in "${words[@]}"; do
    [[ $word == *[!][:alnum:]:@%+,=^./_[-]* || $1$word != "$3"* ]] || COMPREPLY+=("$1$word")
  done
}

_ipvsadm() {
  local choices words current cword option kind saved optional start=
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
    fi
    _ipvsadm_value "$option"
    read -r kind saved optional <<<"$REPLY"
    # of a list only the last one is begun
    [[ $kind == sched_flags && $current == *,* ]] && start=${current%"${current##*,}"}
    choices=
    [ -z "$kind" ] || choices=$(_ipvsadm_choices "$kind" "$saved" "${current#"$start"}")
    # behind "=" there is nothing else
    [[ -n $start || ( -n $kind && -z $optional ) ]] || choices+=" $(_ipvsadm_options "${words[1]}")"
  fi
  _ipvsadm_offer "$start" "$choices" "$current"
  # Of the word readline knows only what stands behind the last break.
  if [[ $current == *[:=]* && $COMP_WORDBREAKS == *:* ]]; then
    local head=${current%"${current##*[:=]}"}
    COMPREPLY=("${COMPREPLY[@]#"$head"}")
  fi
}

_ipvsadm_save() {
  _ipvsadm_offer "" "-n --help" "$2"
}

_ipvsadm_restore() {
  _ipvsadm_offer "" "--atomic --dry-run --check-syntax --exit-codes --help" "$2"
}

complete -F _ipvsadm ipvsadm
complete -F _ipvsadm_save ipvsadm-save
complete -F _ipvsadm_restore ipvsadm-restore
