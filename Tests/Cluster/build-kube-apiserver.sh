#!/usr/bin/env bash
# Builds kube-apiserver from Debian's source package `kubernetes` (bookworm), once a machine, and prints its path.
#
#   build-kube-apiserver.sh        DEBIAN_MIRROR, XDG_CACHE_HOME and GOMAXPROCS are heeded
#
# No system file is changed but for the packages that are missing: the deb-src list is the script's own. What is built
# is kept in ${XDG_CACHE_HOME:-~/.cache}/hotplug-apiserver; the sources (some 500 MB) are not.
set -euo pipefail

version=1.20.5
# The reflect2 in its sources ends the process at the first custom resource when Go is 1.18 or later; the next one works.
reflect2=1.0.2
cache="${XDG_CACHE_HOME:-$HOME/.cache}/hotplug-apiserver/kube-apiserver-$version-reflect2-$reflect2"
binary="$cache/kube-apiserver"
go=/usr/lib/go-1.19/bin
say() { echo "build-kube-apiserver: $*" >&2; }

if [ -x "$binary" ]; then
  echo "$binary"
  exit
fi

mkdir -p "$cache"
exec 9>"$cache/lock"
flock -w 3600 9 || { say "another build holds $cache/lock for more than an hour"; exit 1; }
if [ -x "$binary" ]; then
  echo "$binary"
  exit
fi

missing=()
for package in golang-1.19-go rsync dpkg-dev make; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  say "installing ${missing[*]}"
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/kube-apiserver.XXXXXX")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/source"
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
  "${DEBIAN_MIRROR:-http://deb.debian.org/debian} bookworm main" >"$work/sources.list"
apt=(apt-get -qq -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work" -o "APT::Sandbox::User=$(id -un)")
started=$SECONDS
say "fetching the source package"
"${apt[@]}" update >&2
(cd "$work/source" && "${apt[@]}" source kubernetes golang-github-modern-go-reflect2 >&2)
tree=$(echo "$work"/source/kubernetes-*/)
[ -d "$tree" ] || { say "apt-get source left no kubernetes-*/ in $work/source"; exit 1; }
newer=$(echo "$work/source/golang-github-modern-go-reflect2-$reflect2"/)
[ -d "$newer" ] || { say "apt-get source left no $newer"; exit 1; }
vendored="$tree/vendor/github.com/modern-go/reflect2"
rm -f "$vendored"/*.go "$vendored"/*.s
find "$newer" -maxdepth 1 \( -name '*.go' -o -name '*.s' \) ! -name '*_test.go' -exec cp {} "$vendored/" \;

# The build takes its version from git, of which a source package has none: this file stands for it.
minor=${version%.*}
cat >"$work/version" <<VERSION
KUBE_GIT_COMMIT=debian
KUBE_GIT_TREE_STATE=archive
KUBE_GIT_VERSION=v$version
KUBE_GIT_MAJOR=${minor%.*}
KUBE_GIT_MINOR=${minor#*.}
VERSION
say "building v$version after $((SECONDS - started)) s; this takes some minutes"
if ! (cd "$tree" && PATH="$go:$PATH" GOFLAGS=-mod=vendor GOCACHE="$work/go-build" GOPATH="$work/go" \
  KUBE_GIT_VERSION_FILE="$work/version" nice -n 19 make WHAT=cmd/kube-apiserver) >"$cache/build.log" 2>&1; then
  tail -n 40 "$cache/build.log" >&2
  say "make failed; the whole log: $cache/build.log"
  exit 1
fi
cp "$tree/_output/bin/kube-apiserver" "$binary.new"
mv "$binary.new" "$binary"
say "done in $((SECONDS - started)) s"
echo "$binary"
