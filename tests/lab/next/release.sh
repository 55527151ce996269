# SPDX-License-Identifier: GPL-2.0-or-later
# For scripts that take packages from a newer Debian than this one: its name and its kernel's version are said here only.
# $cache and die() are theirs.
next_suite=trixie
next_kernel=7.3
next_keys=/usr/share/keyrings/debian-archive-keyring.gpg

# Where packages come from, into $next_sources: this suite and its backports. What this machine's apt knows of mirrors and
# what is installed stays as it is: only the mirror's address is taken.
next_sources() {
  local codename mirror

  [ -e $next_keys ] || die "$next_keys is missing (package debian-archive-keyring)"
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  # shellcheck disable=SC2016 # apt's words
  mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
    awk -v release="$codename" '$1 == release && $2 ~ /debian\/$/ { print $2; exit }')
  [ -n "$mirror" ] || die "apt knows no mirror of Debian's $codename"
  next_sources=$cache/apt/$next_suite.list
  mkdir -p "$cache/apt"
  printf "deb [signed-by=$next_keys] $mirror %s main\n" $next_suite $next_suite-backports >"$next_sources.$$"
  mv "$next_sources.$$" "$next_sources"
}

# apt's own tools in folders of their own, for one at a time: file descriptor 8 is the lock
next_apt() {
  local dir=$cache/apt

  next_sources
  mkdir -p "$dir"/{lists,archives}/partial
  cat >"$dir/config" <<CONFIG
Dir::Etc::SourceList "$next_sources";
Dir::Etc::SourceParts "/dev/null";
Dir::State::Lists "$dir/lists";
Dir::Cache "$dir";
Dir::Cache::Archives "$dir/archives";
APT::Sandbox::User "root";
CONFIG
  exec 8>"$dir/lock"
  flock 8
  export APT_CONFIG=$dir/config
  apt-get -qq update >&2
}
