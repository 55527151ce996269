# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for ipvs-top.

_ipvs_top() {
  local cur=$2 prev=$3
  # "--sort=w" comes in three words where = parts them
  [ "$cur" != = ] || cur=
  [ "$prev" != = ] || prev=${COMP_WORDS[COMP_CWORD - 2]}
  case $prev in
    -s | --sort)
      mapfile -t COMPREPLY < <(compgen -W "name kind health weight active inactive conns inpkts outpkts inbytes outbytes" -- "$cur")
      ;;
    -i | --interval | -f | --filter | -n | --count | --width)
      COMPREPLY=()
      ;;
    *)
      mapfile -t COMPREPLY < <(compgen -W "--interval --sort --reverse --filter --collapse --write --once --batch --count --width --help --version" -- "$cur")
      ;;
  esac
}
complete -F _ipvs_top ipvs-top
