#!/usr/bin/env bash
# Fetches the sources of Boost.Python, of the version whose headers are installed, from Debian's source package:
# boost_python_source.sh FOLDER. Prints the folder to give to CMake as PROFCONV_BOOST_PYTHON_SOURCE.
#
# Needs no root: apt gets lists and a cache of its own in FOLDER. Only libs/python is unpacked, with Debian's patches.
set -euo pipefail

folder=$(realpath -m "$1")
package=boost$(sed -n 's/^#define BOOST_LIB_VERSION "\([0-9]*\)_\([0-9]*\).*"/\1.\2/p' /usr/include/boost/version.hpp)
result=$folder/$package/libs/python/src
if [ -e "$result/module.cpp" ]; then
  printf '%s\n' "$result"
  exit
fi

mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
cd "$folder"
# shellcheck source=/dev/null
codename=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
printf 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian %s main\n' "$codename" >sources.list
apt=(apt-get -qq -o APT::Sandbox::User=root -o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache")
"${apt[@]}" update >&2
"${apt[@]}" source --download-only "$package" >&2

rm -rf "$package" debian
mkdir "$package"
tar -xJf "$package"_*.orig.tar.xz -C "$package" --strip-components=1 --wildcards '*/libs/python/src' '*/libs/python/include'
tar -xJf "$package"_*.debian.tar.xz debian/patches
while read -r patch; do
  # The headers that are compiled with are those of the installed package, patched already.
  if grep -q '^+++ .*/libs/python/src' "debian/patches/$patch"; then patch -d "$package" -p1 -s -f <"debian/patches/$patch" >&2; fi
done <debian/patches/series
rm -rf debian "$package"_*.tar.xz "$package"_*.dsc lists cache sources.list
printf '%s\n' "$result"
