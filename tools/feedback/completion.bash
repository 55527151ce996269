# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for ipvs-feedback

_ipvs_feedback() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  case $before in
  -c | --config | --state)
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    return
    ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W \
    "--config --state --once --dry-run --verbose --check-config --help --version" -- "$current")
}
complete -F _ipvs_feedback ipvs-feedback
