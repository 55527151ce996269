# SPDX-License-Identifier: GPL-2.0-or-later
# For tests/lab/run: transcripts of the kernel's own module are kept, below the cache of kernels, as they depend on nothing
# but the guest they are made in. A name is the hash of all that: every file of the guest, the kernel, QEMU and its options.
# Left out are other themes, and, where a theme does not use them, programs that are built here.

# The folder they are in; whoever reads this file in has set $cache. What nobody has used for a month goes.
kept=$cache/transcripts

# transcript_keys ROOT IMAGE OPTIONS PROGRAM...: "TOOL/THEME HASH" for each transcript that the guest in ROOT makes. PROGRAM:
# the names of those that are built here and lie in usr/sbin.
transcript_keys() {
  local root=$1 image=$2 options=$3 programs common tool tools script theme own_tool own_programs
  shift 3
  programs=$(printf '%s\n' "$@")
  # path, mode, target of a link or hash of what is in it; the configuration without what has no part in it
  common=$(
    cd "$root"
    find . ! -path './lab/scripts/*' ! -path ./lab/demo.sh ! -path ./lab/smp.sh -printf '%p %m %l\n'
    find . -type f ! -path './lab/scripts/*' ! -path ./lab/demo.sh ! -path ./lab/smp.sh ! -path ./lab/config -print0 |
      xargs -0 sha256sum | awk '{ print $2, $1 }'
    sed '/^smp_seed=/d; /^named=/d' lab/config | sed 's/^/config /'
    sha256sum <"$image"
    qemu-system-x86_64 --version
    echo "$options"
  )
  common=$(sort <<<"$common")
  for tool in debian ours; do
    [ -e "$root/lab/$tool/ipvsadm" ] || continue
    for script in "$root"/lab/scripts/*.sh; do
      theme=$(basename "$script" .sh) tools=$(sed -n '1,12s/^# tools: *//p' "$script")
      case " ${tools:-$tool} " in *" $tool "*) ;; *) continue ;; esac
      own_tool='^\./lab/ours[ /]' own_programs="^\\./usr/(lib/libipvs\\.so\\.1|sbin/($(paste -s -d '|' <<<"${programs//+/\\+}"))) "
      # a theme that names any of them may use all of them
      if [ $tool = ours ] || grep -q -F lab/ours "$script"; then own_tool='^$'; fi
      if grep -q -F "$programs" "$script" "$root"/lab/{lib,transcript,diff}.sh; then own_programs='^$'; fi
      echo "$tool/$theme $({
        echo "$tool"
        cat "$script"
        grep -v -E -e "$own_tool" -e "$own_programs" <<<"$common"
      } | sha256sum | cut -d ' ' -f 1)"
    done
  done
}

# transcript_of OUT TOOL/THEME: what it has printed, from the output of a guest
transcript_of() { awk -v which="$2" '/^@end / { on = 0 } on { print } /^@case / { on = $2 == which }' "$1"; }

# keep_transcripts OUT KEYS TOOL/THEME...: keeps these, if nothing about them was wrong in a guest that came to its end.
# Those that did not run there, for their kernel or tool, are kept as that: as an empty file.
keep_transcripts() {
  local out=$1 keys=$2 which key
  shift 2
  grep -q -x @done "$out" || return 0
  mkdir -p "$kept"
  for which; do
    key=$(awk -v which="$which" '$1 == which { print $2 }' "$keys")
    if [ -z "$key" ] || [ -e "$kept/$key" ] || grep -q "^not ok - $which " "$out"; then continue; fi
    transcript_of "$out" "$which" >"$kept/$key.$$"
    ! grep -q '^not ok - ' "$kept/$key.$$" || { rm "$kept/$key.$$"; continue; }
    mv "$kept/$key.$$" "$kept/$key"
  done
  find "$kept" -type f -mtime +30 -delete
}
