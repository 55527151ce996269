# SPDX-License-Identifier: GPL-2.0-or-later
# For scripts that make an initramfs in $root: finding programs, and taking them along with their libraries.

where() { PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v "$1" || die "$1 is missing (make deps)"; }

# copy_program FILE [TARGET]: a program and the libraries it is linked with, at their own places
copy_program() {
  local file=$1 target=${2:-$1} lib
  mkdir -p "$root$(dirname "$target")"
  cp -L "$file" "$root$target"
  { ldd "$file" 2>/dev/null || true; } | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^\s*\(\/[^ ]*\) (.*/\1/p' |
    while read -r lib; do
      [ -e "$root$lib" ] && continue
      mkdir -p "$root$(dirname "$lib")"
      cp -L "$lib" "$root$lib"
    done
}
