#!/usr/bin/env bash
# The makers. Sourced by scripts/makers.

: "${work:?}" "${program:?}" "${vectors:?}" "${EMIKIT_VECTORS=}"

# bundle_of MAKER KIND KEYS ORIGINAL MANIFEST [DIRECTORY]: adds a bundle. ORIGINAL is a
# file or its SHA-256; the parts lie in DIRECTORY, or beside the manifest.
bundle_of() {
  local number=${#makers[@]} original=$4 manifest=$5 directory=${6:-$(dirname "$5")}
  makers+=("$1") kinds+=("$2")
  [ -e "$manifest" ] || return 0 # it is not here
  mkdir "$work/bundles/$number"
  cp "$manifest" "$work/bundles/$number/manifest"
  cp "$directory"/*.part.* "$work/bundles/$number/"
  echo "$3" >"$work/bundles/$number.keys"
  if [ -e "$original" ]; then original=$(sha256sum <"$original" | cut -d ' ' -f 1); fi
  echo "$original" >"$work/bundles/$number.sum"
}

make_bundles() {
  mkdir "$work/bundles" "$work/images" "$work/made"
  make_images
  bundles_of_emikit
  bundles_of_tools
  bundles_of_pipelines
}

# make_images: of 3 MiB each, random and text and zeros; one has holes.
make_images() {
  local images=$work/images
  {
    head -c 1048576 /dev/urandom
    head -c 1048576 /dev/zero
    seq 200000 | tail -c 1048576
  } >"$images/disk.img"
  truncate -s 3M "$images/sparse.img"
  head -c 65536 /dev/urandom | dd of="$images/sparse.img" bs=65536 seek=9 conv=notrunc status=none
  head -c 65536 /dev/urandom | dd of="$images/sparse.img" bs=65536 seek=40 conv=notrunc status=none
  head -c 300000 "$images/disk.img" >"$images/vmlinuz"
  tail -c 300000 "$images/disk.img" >"$images/initrd"
  qemu-img convert -q -c -f raw -O qcow2 "$images/disk.img" "$images/disk.qcow2"
}

# emikit_bundle KIND ORIGINAL IMAGE OPTION...: one made by emikit, for the cloud of the
# vectors of euca2ools.
emikit_bundle() {
  local kind=$1 original=$2 image=$3 keys=$vectors/euca2ools/keys made
  shift 3
  made=$(mktemp -d "$work/made/XXXX")
  timeout 60 "$program" bundle-image -i "$image" -d "$made" -r x86_64 -u 123456789012 \
    --ec2cert "$keys/cloud-cert.pem" -c "$keys/user-cert.pem" "$@" >/dev/null 2>"$made/said" <"$original" || cat "$made/said" >&2
  bundle_of "emikit" "$kind" euca2ools "$original" "$(find "$made" -name '*.manifest.xml')"
}

bundles_of_emikit() {
  local images=$work/images size sign=(-k "$vectors/euca2ools/keys/user-pk.pem") last
  emikit_bundle 'raw disk' "$images/disk.img" "$images/disk.img" "${sign[@]}"
  emikit_bundle 'raw disk, --compression fast' "$images/disk.img" "$images/disk.img" "${sign[@]}" --compression fast
  emikit_bundle 'raw disk, --compression best' "$images/disk.img" "$images/disk.img" "${sign[@]}" --compression best
  last=$work/bundles/0/manifest
  size=$(sed -n 's:.*<bundled_size>\([0-9]*\)<.*:\1:p' "$last")
  emikit_bundle 'raw disk, the last part is full' "$images/disk.img" "$images/disk.img" "${sign[@]}" --part-size $((size / 2))
  emikit_bundle 'raw disk, parts of 16 KiB' "$images/disk.img" "$images/disk.img" "${sign[@]}" --part-size 16k
  emikit_bundle 'sparse disk' "$images/sparse.img" "$images/sparse.img" "${sign[@]}"
  emikit_bundle 'qcow2, compressed' "$images/disk.img" "$images/disk.qcow2" "${sign[@]}"
  emikit_bundle 'standard input' "$images/disk.img" - "${sign[@]}" -p stdin.img --image-size 3m
  emikit_bundle 'kernel' "$images/vmlinuz" "$images/vmlinuz" "${sign[@]}" --kernel true
  emikit_bundle 'ramdisk' "$images/initrd" "$images/initrd" "${sign[@]}" --ramdisk true
  emikit_bundle 'name with & and quotes' "$images/disk.img" "$images/disk.img" "${sign[@]}" -p "a & b 'c' \"d\""
  emikit_bundle 'unsigned' "$images/disk.img" "$images/disk.img" --unsigned
  migrated 'from an encrypted manifest' manifest/testdata/ec2-ami-tools/encrypted.manifest tiny
  migrated 'from version 3' "$vectors/ec2-ami-tools/bundles/old/sparse.img.v3.manifest.xml" old
}

# migrated KIND MANIFEST VECTOR: one of ec2-ami-tools, whose manifest emikit wrote anew.
migrated() {
  local keys=$vectors/ec2-ami-tools/keys made sum
  made=$(mktemp -d "$work/made/XXXX")
  timeout 60 "$program" migrate-manifest -m "$2" --to "$made/manifest" --no-mapping \
    -k "$keys/user-pk.pem" -c "$keys/user-cert.pem" --ec2cert "$keys/cloud-cert.pem" >/dev/null
  sum=$(grep -F "/$3/" "$vectors/images.sha256" | head -n 1)
  bundle_of 'emikit migrate-manifest' "$1" ec2-ami-tools "${sum%% *}" "$made/manifest" "$vectors/ec2-ami-tools/bundles/$3"
}

# bundles_of_tools: the vectors. vectors.tsv says what each is.
bundles_of_tools() {
  local sum name
  while read -r sum name; do
    vector "$sum" "$name"
  done <"$vectors/images.sha256"
  sum=$(sed -n 's: .*/tiny/.*::p' "$vectors/images.sha256")
  bundle_of 'ec2-ami-tools 1.4.0.7' 'encrypted manifest, before version 3' ec2-ami-tools "$sum" \
    manifest/testdata/ec2-ami-tools/encrypted.manifest "$vectors/ec2-ami-tools/bundles/tiny"
}

vector() { # vector SHA256 PATH
  local sum=$1 path=$2 tool=${2%%/*} kind manifest parts maker
  kind=$(grep -F -- "$path"$'\t' scripts/makers.d/vectors.tsv | cut -f 2)
  manifest=$vectors/$path parts=$(dirname "$path")
  case $path in # migrated manifests are beside others, and are for the parts of others
    */migrated/*) manifest=manifest/testdata/$tool/migrated.$(basename "$path" .manifest.xml).xml ;;
  esac
  case $path in
    */migrated/kern.*) parts=$tool/bundles/kerneltype ;;
    */migrated/machine.*) parts=$tool/bundles/machine ;;
    */migrated/multi.*) parts=$tool/bundles/multipart ;;
    */migrated/v*) parts=$tool/bundles/old ;;
  esac
  if [ -n "$EMIKIT_VECTORS" ]; then
    [ -e "$manifest" ] || manifest=$EMIKIT_VECTORS/$path
    [ -d "$vectors/$parts" ] || parts=$(realpath --relative-to "$vectors" "$EMIKIT_VECTORS/$parts")
  fi
  [ -d "$vectors/$parts" ] || manifest=''
  case $tool in
    euca2ools) maker='euca2ools 3.4.1' ;;
    *) maker='ec2-ami-tools 1.4.0.7' ;;
  esac
  bundle_of "$maker" "$kind" "$tool" "$sum" "$manifest" "$vectors/$parts"
}

# pipeline_bundle MAKER KIND ORIGINAL TAR GZIP [EMPTY]: one made by two programs, which
# write to standard output, and openssl, for the cloud of the vectors of euca2ools. EMPTY
# is the number of empty parts at its end.
pipeline_bundle() {
  local made original=$3 name
  made=$(mktemp -d "$work/made/XXXX")
  name=$(basename "$original")
  scripts/makers.d/pipeline "$original" "$made" "$vectors/euca2ools/keys" "$4" "$5" "${6:-0}"
  bundle_of "$1" "$2" euca2ools "$original" "$made/$name.manifest.xml"
}

bundles_of_pipelines() {
  local gnu='GNU tar, gzip, openssl' bsd='bsdtar, pigz, openssl' disk=$work/images/disk.img sparse=$work/images/sparse.img
  pipeline_bundle "$gnu" 'gzip -9' "$disk" 'tar -cf -' 'gzip -n9'
  pipeline_bundle "$gnu" 'sparse (tar -S)' "$sparse" 'tar -cSf -' gzip
  pipeline_bundle "$gnu" 'sparse, pax' "$sparse" 'tar --format=pax -cSf -' gzip
  pipeline_bundle "$gnu" 'two empty parts at the end' "$disk" 'tar -cf -' gzip 2
  pipeline_bundle "$bsd" 'pax' "$disk" 'bsdtar --format=pax -cf -' 'pigz -p 2'
  pipeline_bundle "$bsd" 'ustar, independent blocks' "$disk" 'bsdtar --format=ustar -cf -' 'pigz -p 2 -i -b 128'
}
