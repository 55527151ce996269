#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs test programs and sums up. A program that dies counts as one failure more.
# usage: run.sh PROGRAM...

passed=0
failed=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

for program; do
  "$program" --gtest_brief=1 >"$log" 2>&1
  status=$?
  cat "$log"
  good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) tests\{0,1\}\..*/\1/p' "$log")
  bad=$(grep -c '^\[  FAILED  \] .* ms)$' "$log")
  passed=$((passed + ${good:-0}))
  failed=$((failed + bad))
  if [ $status -ne 0 ] && [ "$bad" -eq 0 ]; then
    echo "$program: ended with status $status"
    failed=$((failed + 1))
  fi
done

echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
