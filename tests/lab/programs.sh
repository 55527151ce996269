# SPDX-License-Identifier: GPL-2.0-or-later
# For scripts that make an initramfs in $root: taking programs along with their libraries, and modules of a kernel with
# what they need. With as few processes as possible: a start of one can cost more than what it does.

copied_programs=()

where() { PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v "$1" || die "$1 is missing (make deps)"; }

# copy_program FILE [TARGET]
copy_program() {
  local file=$1 target=$root${2:-$1}
  [ -d "${target%/*}" ] || mkdir -p "${target%/*}"
  cp -L "$file" "$target"
  copied_programs+=("$file")
}

# copy_libraries: those that the programs copied so far are linked with, at their own places
copy_libraries() {
  { ldd "${copied_programs[@]}" 2>/dev/null || true; } |
    sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^\s*\(\/[^ ]*\) (.*/\1/p' | sort -u | xargs -r -d '\n' cp -L --parents -t "$root"
}

# module_files STOCK MODULE...: the files of these modules and of what they depend on, below STOCK, which is a folder
# lib/modules/RELEASE; those that are not there are left out
module_files() {
  local stock=$1
  shift
  # a dependency index, made once
  [ -e "$stock/modules.dep" ] || depmod -b "${stock%/lib/modules/*}" "${stock##*/}"
  { modprobe -a -d "${stock%/lib/modules/*}" -S "${stock##*/}" --show-depends "$@" 2>/dev/null || true; } |
    awk -v skip="${#stock}" '$1 == "insmod" { print substr($2, skip + 2) }' | sort -u
}
# copy_below FROM TO: the files whose names come on standard input
copy_below() { (cd "$1" && xargs -r -d '\n' cp --parents -t "$2"); }
