#!/bin/sh
# Installs the packages on a Debian 12 that has nothing else, and uses them: check.sh FOLDER_OF_PACKAGES
# Needs root and debootstrap. DEBIAN_MIRROR: where Debian comes from, by default what this system uses.
set -eu
packages=$(cd "$1" && pwd)
source=$(cd "$(dirname "$0")/.." && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mirror=${DEBIAN_MIRROR-$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -1)}
debootstrap --variant=minbase bookworm "$root" "$mirror" >"$packages/debootstrap.log" 2>&1 || {
  tail "$packages/debootstrap.log" >&2
  exit 1
}
rm "$packages/debootstrap.log"
cp "$packages"/*.deb "$packages"/*-linux-*.tar.gz "$root/root/"
cp "$source/testdata/pstats/py3.11-cProfile-wordcount.prof" "$root/root/run.prof"
cp "$source/tests/install/consumer.cpp" "$root/root/"
for file in /etc/resolv.conf /etc/apt/apt.conf.d/*proxy*; do
  if [ -e "$file" ]; then cp -L "$file" "$root$file"; fi
done

cat >"$root/root/use.sh" <<'END'
set -eu
cd /root
export DEBIAN_FRONTEND=noninteractive
# The archive needs nothing at all.
tar xf profconv-*-linux-*.tar.gz && rm profconv-*-linux-*.tar.gz
./profconv-[0-9]*/bin/prof2text -n 3 run.prof
apt-get -qq update
apt-get -qq install -y --no-install-recommends ./*.deb >/dev/null
test "$(command -v prof2calltree)" = /usr/bin/prof2calltree
prof2calltree -q -o run.callgrind run.prof
head -1 run.callgrind | grep -qx '# callgrind format'
prof2dot run.prof | grep -q '^digraph'
test -e /usr/share/man/man1/prof2calltree.1.gz || test -e /usr/share/man/man1/prof2calltree.1
python3 -c 'import profconv; p = profconv.read("run.prof"); print(len(p.functions), "functions, in Python")'
apt-get -qq install -y --no-install-recommends g++ pkg-config >/dev/null
g++ -std=c++20 consumer.cpp $(pkg-config --cflags --libs profconv) -o consumer
./consumer
apt-get -qq remove -y profconv 'libprofconv[0-9]*' >/dev/null
! command -v prof2calltree
END
chroot "$root" sh /root/use.sh
echo "The packages work on a clean Debian 12"
