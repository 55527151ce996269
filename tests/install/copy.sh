# SPDX-License-Identifier: GPL-2.0-or-later
# A copy of this machine: its root below a file system in memory, which takes all that is written. For scripts that
# are in a mount namespace of their own; "inside COMMAND..." is theirs.

# what programs in the copy have in their environment
outside=(PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive)

# make_copy FOLDER: into FOLDER/root, which is $root from then on
make_copy() {
  root=$1/root
  mkdir -p "$1"
  mount --make-rprivate / && mount -t tmpfs -o size=2g tmpfs "$1" || exit 1
  mkdir -p "$1"/{upper,temporary,root}
  mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/temporary" overlay "$root" || exit 1
  mount -t proc proc "$root/proc"
}

# Nobody is there to answer a question.
get() { inside apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends --allow-downgrades "$@" </dev/null; }
add() { get install "${@/#/./tmp/}"; }
deb() { (cd "$root/tmp" && echo "$1"_*.deb); }
# repack PACKAGE FILE: a package as it is installed, for the way back; FILE is below /tmp
repack() {
  local tree=/tmp/repacked
  inside sh -ec '
    mkdir -p "$2/DEBIAN"
    dpkg -L "$1" | while read -r f; do [ -d "$f" ] || echo "$f"; done | tar c -P -T - | tar x -C "$2"
    dpkg-query -s "$1" | sed "/^Status:/d; /^Conffiles:/,/^[^ ]/{/^Conffiles:/d; /^ /d}" >"$2/DEBIAN/control"
    for part in conffiles preinst postinst prerm postrm; do
      [ ! -e "/var/lib/dpkg/info/$1.$part" ] || cp "/var/lib/dpkg/info/$1.$part" "$2/DEBIAN/$part"
    done
    dpkg-deb -b "$2" "$3"' sh "$1" $tree "/tmp/$2"
}
# go_back FILE: from a newer package, where nobody is there to answer, with the options that README.Debian has
go_back() {
  local options
  options=$(sed -n 's/^  apt-get install \(--allow-downgrades.*\) \\$/\1/p' "$here/../../debian/ipvsadm.README.Debian")
  # shellcheck disable=SC2086 # words
  inside apt-get -q -y -o Dpkg::Use-Pty=0 install ${options:?} "$1" </dev/null
}
# fake_ipvsadm: from now on it is there in place of the package's, also after an upgrade. $fake has its state.
fake_ipvsadm() {
  fake=$root/run/fake
  mkdir -p "$fake"
  touch "$fake"/{table,daemons,calls,refused}
  # One file with two names: Debian's package has it by the one, ours by the other.
  inside dpkg-divert --local --rename --divert /usr/sbin/ipvsadm.real --add /usr/sbin/ipvsadm &&
    inside dpkg-divert --local --no-rename --divert /sbin/ipvsadm.real --add /sbin/ipvsadm &&
    cp "$here/fake-ipvsadm" "$root/usr/sbin/ipvsadm"
}
settings() { printf '%s\n' "$@" >"$root/etc/default/ipvsadm"; }
rules() { printf '%s\n' "$@" >"$root/etc/ipvsadm.rules"; }
# refused PATTERN...: lines and daemons that the fake refuses
refused() { printf '%s\n' "$@" | sed '/^$/d' >"$fake/refused"; }
table() { printf '%s\n' "$@" | sed '/^$/d' >"$fake/table"; }
forget() { : >"$fake/calls"; }
touched() { [ -s "$fake/calls" ]; }
is() { check "$1" test "$2" = "$3"; }
