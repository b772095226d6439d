#!/usr/bin/env bash
# What is tried of a release. Every function ends the script with a reason when
# something is not as it should be. Sourced by scripts/release, which sets work.

: "${work:?is where the release is}"

fail() { # fail REASON...
  echo "release: $*" >&2
  exit 1
}

install_tools() {
  local line program package packages=()
  for line in "mmdebstrap mmdebstrap" "buildah buildah" "rpm rpm" "man man-db"; do
    read -r program package <<<"$line"
    type -P "$program" >/dev/null || packages+=("$package")
  done
  [ -e /etc/ssl/certs/ca-certificates.crt ] || packages+=(ca-certificates)
  [ ${#packages[@]} -gt 0 ] || return 0
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
}

try_same() { # try_same DIST DIST: two releases of one commit are the same bytes
  diff "$1/checksums.txt" "$2/checksums.txt" || fail "two releases of one commit differ"
  echo "release: made twice, the same $(wc -l <"$1/checksums.txt") files"
}

try_files() { # try_files DIST: sums, archives, programs that need no library, bills of materials
  local dist=$1 archive files count=0
  (cd "$dist" && sha256sum --quiet -c checksums.txt) || fail "checksums.txt does not hold"
  for archive in "$dist"/*.tar.gz "$dist"/*.zip; do
    case $archive in
      *.zip) files=$(unzip -Z1 "$archive") ;;
      *) files=$(tar -tf "$archive") ;;
    esac
    for wanted in emikit LICENSE README.md man/emikit-bundle-image.1 completions/emikit.bash; do
      grep -qE "/$wanted(\.exe)?$" <<<"$files" || fail "$archive: no $wanted in it"
    done
    count=$((count + 1))
  done
  [ "$count" -eq 6 ] || fail "$count archives, not one for each of 3 systems and 2 processors"
  for archive in "$dist"/emikit_linux_*/emikit; do
    ! ldd "$archive" >/dev/null 2>&1 || fail "$archive: needs libraries: $(ldd "$archive")"
  done
  for archive in "$dist"/*.cdx.json; do
    python3 - "$archive" go.mod <<'PYTHON' || fail "$archive: not what the program was built from"
import json, re, sys
bom = json.load(open(sys.argv[1]))
names = {c["name"] for c in bom["components"]}
assert bom["bomFormat"] == "CycloneDX" and bom["specVersion"] == "1.6", bom
for module in ("std", "github.com/spf13/cobra", "github.com/klauspost/compress"):
    assert module in names, (module, names)
PYTHON
  done
  echo "release: $count archives, their sums and bills of materials hold"
}

names_wanted() { # names_wanted EMIKIT: every path of a name that a package is to have
  local links
  links=$(mktemp -d "$work/links.XXXXXX")
  "$1" link --dir "$links" >/dev/null
  find "$links" -type l -printf '/usr/bin/%f\n'
  echo /usr/bin/emikit
}

try_packages() { # try_packages DIST: deb, rpm and apk hold the same files, every name among them
  local dist=$1 list
  names_wanted "$dist/emikit_linux_amd64_v1/emikit" | sort >"$work/names"
  for arch in amd64 arm64; do
    dpkg-deb --fsys-tarfile "$dist"/*_linux_$arch.deb | tar -t | sed 's|^\./|/|; s|^[^/]|/&|' | grep -v '/$' | sort >"$work/deb.list"
    rpm -qp --nosignature --qf '[%{FILEMODES:perms} %{FILENAMES}\n]' "$dist"/*_linux_$arch.rpm |
      sed -n 's/^[^d][^ ]* //p' | sort >"$work/rpm.list"
    tar -tzf "$dist"/*_linux_$arch.apk 2>/dev/null | sed 's|^|/|' | grep -vE '/$|^/\.' | sort >"$work/apk.list"
    for list in deb rpm apk; do
      comm -23 "$work/names" "$work/$list.list" >"$work/absent"
      [ ! -s "$work/absent" ] || fail "$list for $arch: not in it: $(xargs <"$work/absent")"
      diff "$work/deb.list" "$work/$list.list" || fail "$list for $arch: not the files of the deb"
    done
  done
  echo "release: deb, rpm and apk hold $(wc -l <"$work/names") names and $(wc -l <"$work/deb.list") files in all"
}

try_image() { # try_image CLONE: the container image, of its Dockerfile, runs the demo
  local clone=$1 container
  local store=(--root "$work/store" --runroot "$work/run" --storage-driver vfs)
  mkdir -p "$work/context/linux/amd64" "$work/context/release"
  cp "$clone/Dockerfile" "$work/context"
  cp "$clone/release/ca-certificates.crt" "$work/context/release"
  cp "$clone/release/dist/emikit_linux_amd64_v1/emikit" "$work/context/linux/amd64"
  buildah "${store[@]}" build -q --isolation chroot --platform linux/amd64 -t emikit "$work/context" >/dev/null
  container=$(buildah "${store[@]}" from emikit)
  buildah "${store[@]}" run --isolation chroot "$container" -- /usr/bin/emikit demo >"$work/demo.log" 2>&1 ||
    fail "the demo in the container: $(cat "$work/demo.log")"
  buildah "${store[@]}" rm "$container" >/dev/null
  echo "release: in the container: $(tail -n 1 "$work/demo.log")"
}

system='' # the root of the system that the package is installed on

in_system() { chroot "$system" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb "$@"; }

enter_system() { # what a walk-through bundles with, and nothing of emikit
  system=$work/system
  mmdebstrap --quiet --variant=essential \
    --include=apt,openssl,qemu-utils,busybox-static,e2fsprogs,dosfstools,cpio,curl,unzip,zip,syslinux-common,xz-utils,procps \
    bookworm "$system"
  mount --bind /proc "$system/proc"
  cp /etc/resolv.conf "$system/etc/resolv.conf"
}

leave_system() {
  [ -z "$system" ] || ! mountpoint -q "$system/proc" || umount "$system/proc"
}

try_system() { # try_system DIST: install the package, run the walk-throughs from it, remove it
  local dist=$1
  enter_system
  cp "$dist"/*_linux_amd64.deb "$system/root/emikit.deb"
  (cd "$system" && find usr etc | sort) >"$work/before"
  in_system dpkg -i /root/emikit.deb >/dev/null
  [ "$(in_system readlink -f /usr/bin/euca-bundle-image)" = /usr/bin/emikit ] || fail "euca-bundle-image is not emikit"
  in_system euca-describe-images --help >/dev/null || fail "euca-describe-images does not run"
  cp -r "$work/one/scripts" "$system/root/scripts"
  if ! in_system /root/scripts/walkthrough --emikit /usr/bin/emikit >"$work/walk.log" 2>&1; then
    tail -n 50 "$work/walk.log" >&2
    fail "the walk-throughs from the installed package"
  fi
  echo "release: from the installed package: $(tail -n 1 "$work/walk.log")"
  in_system dpkg -P emikit >/dev/null
  (cd "$system" && find usr etc | sort) | comm -13 "$work/before" - | grep emikit >"$work/left" || true
  [ ! -s "$work/left" ] || fail "left behind by the package: $(xargs <"$work/left")"
}
