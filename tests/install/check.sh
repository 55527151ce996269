# SPDX-License-Identifier: GPL-2.0-or-later
# For the scripts of this folder. $work is a folder of their own.
passed=0 failed=0

# check TEXT COMMAND...: its output is shown when it fails
check() {
  local text=$1
  shift
  if "$@" >"$work/out" 2>&1; then
    echo "ok - $text"
    passed=$((passed + 1))
  else
    echo "not ok - $text"
    cat "$work/out"
    failed=$((failed + 1))
  fi
}
not() { ! "$@"; }
# has TEXT PATTERN COMMAND...: an extended regular expression occurs in what it prints, however it ends
has() {
  local text=$1 pattern=$2
  shift 2
  "$@" >"$work/said" 2>&1
  check "$text" grep -E -e "$pattern" "$work/said"
  grep -q -E -e "$pattern" "$work/said" || cat "$work/said"
}
