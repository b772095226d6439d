#!/usr/bin/env bash
# shellcheck disable=SC2154 # sigv is of scripts/servers
# What emikit does with an object store. Sourced by scripts/servers.

: "${work:?}" "${keys:?}" "${program:?}"

# Two bundles of one name: the first has three parts, the second, which takes its
# place, two.
make_bundles() {
  sign=(-k "$keys/user-pk.pem" -c "$keys/user-cert.pem" --ec2cert "$keys/cloud-cert.pem" -u 123456789012 -r x86_64)
  head -c 25000000 /dev/urandom >"$work/disk.img"
  timeout 60 "$program" bundle-image -i "$work/disk.img" -d "$work/first" "${sign[@]}" >/dev/null
  mkdir "$work/short"
  head -c 12000000 "$work/disk.img" >"$work/short/disk.img"
  timeout 60 "$program" bundle-image -i "$work/short/disk.img" -d "$work/second" "${sign[@]}" >/dev/null
  first=$work/first/disk.img.manifest.xml second=$work/second/disk.img.manifest.xml
}

# drive_store: the bucket of the operations is called as the server is, since a server
# keeps its buckets. Expects nothing in the store.
drive_store() {
  on 'upload-bundle makes the bucket' store_upload
  on 'upload-bundle under a prefix with a blank, +, & and ü' store_prefix
  on 'upload-bundle over an earlier bundle: stale part removed' store_replace
  on 'upload-bundle --skipmanifest, then --part 1' store_parts
  on 'upload-bundle --acl public-read' store_acl
  on 'upload-bundle --location' store_location
  on 'download-bundle -m, -p, and all of a bucket' store_download
  on 'download-bundle, unbundle: the original image' store_unbundle
  on 'bundle-and-upload-image, download-bundle, unbundle: the original image' store_stream
  on 'download-and-unbundle: the original image, none of a changed part' store_whole
  on 'copy-bundle: to another bucket, over an earlier bundle' store_copy
  on 'copy-bundle of a changed part: refused, nothing left' store_copy_altered
  on 'migrate-bundle: another kernel, the original image' store_migrate
  on 'install-image where no cloud answers: nothing is sent' store_install
  on 'verify, inspect: good; a part that was changed, one that is gone' store_verify
  on 'delete-bundle -m, -p, --clear: other objects stay' store_delete
  on 'delete-bundle -p of more than 1000 parts' store_delete_many
  on 'download-bundle past 1000 other objects' store_many
  on 'a part that was changed in the bucket: refused, nothing left' store_altered
  on 'refused: no bucket, no manifest' store_nothing
  on '--debug shows no secret' store_secret
  on 'doctor --write: finds nothing wrong, leaves nothing' store_doctor
  drive_store_dialects
}

# stored BUCKET[/PREFIX] DIRECTORY: what awscli finds there is what is in the directory.
stored() {
  rm -rf "$work/stored"
  mkdir "$work/stored"
  s3 s3 cp --no-progress --recursive "s3://$1" "$work/stored"
  diff -r "$work/stored" "$2"
}

store_upload() {
  equal output "$(emikit upload-bundle -b bkt -m "$first")" "Uploaded bkt/disk.img.manifest.xml"
  stored bkt "$work/first"
}

store_prefix() {
  local prefix='a prefix/b+c&d/ü'
  emikit upload-bundle -b "bkt-prefix/$prefix" -m "$first" --jobs 1
  stored "bkt-prefix/$prefix" "$work/first"
  emikit download-bundle -b "bkt-prefix/$prefix" -d "$work/prefix"
  diff -r "$work/first" "$work/prefix"
}

store_replace() {
  emikit upload-bundle -b bkt-replace -m "$first"
  emikit upload-bundle -b bkt-replace -m "$second" 2>"$work/said"
  equal 'lines on standard error' "$(<"$work/said")" 'replacing an earlier bundle called disk.img in bkt-replace'
  stored bkt-replace "$work/second"
}

store_parts() {
  emikit upload-bundle -b bkt-parts -m "$first" --skipmanifest
  equal 'objects without the manifest' "$(s3 s3 ls s3://bkt-parts | wc -l)" 3
  emikit upload-bundle -b bkt-parts -m "$first" --part 1
  stored bkt-parts "$work/first"
}

# store_acl: a server that knows ACLs must show it; one that does not must not mind.
store_acl() {
  local acl
  emikit upload-bundle -b bkt-acl -m "$second" --acl public-read
  stored bkt-acl "$work/second"
  if ! acl=$(s3 s3api get-object-acl --bucket bkt-acl --key disk.img.part.00 2>&1); then
    grep -q NotImplemented <<<"$acl"
    note 'it keeps no ACLs of objects'
  elif ! grep -q AllUsers <<<"$acl"; then
    [[ $server == MinIO* ]]
    note 'it keeps no ACLs, and shows the same one for all objects'
  fi
}

store_location() {
  local elsewhere=ap-south-1
  emikit upload-bundle -b bkt-location -m "$second" --location "$AWS_DEFAULT_REGION"
  stored bkt-location "$work/second"
  refused "bucket bkt-location: it is in" emikit upload-bundle -b bkt-location -m "$first" --location "$elsewhere"
  stored bkt-location "$work/second"
}

store_download() {
  emikit upload-bundle -b bkt-download -m "$first"
  emikit download-bundle -b bkt-download -m disk.img.manifest.xml -d "$work/down-m"
  emikit download-bundle -b bkt-download -p disk.img -d "$work/down-p" --jobs 1
  emikit download-bundle -b bkt-download -d "$work/down-all" --jobs 8
  diff -r "$work/first" "$work/down-m"
  diff -r "$work/first" "$work/down-p"
  diff -r "$work/first" "$work/down-all"
}

store_unbundle() {
  emikit upload-bundle -b bkt-unbundle -m "$first"
  emikit download-bundle -b bkt-unbundle -d "$work/down-unbundle"
  "$program" unbundle -m "$work/down-unbundle/disk.img.manifest.xml" -k "$keys/user-pk.pem" -d "$work/unbundled"
  cmp "$work/disk.img" "$work/unbundled/disk.img"
}

store_stream() {
  emikit upload-bundle -b bkt-stream/x -m "$first"
  emikit bundle-and-upload-image -b bkt-stream/x -i "$work/short/disk.img" "${sign[@]}"
  equal objects "$(s3 s3 ls s3://bkt-stream/x/ | awk '{print $NF}')" "$(printf '%s\n' disk.img.{manifest.xml,part.00,part.01})"
  emikit download-bundle -b bkt-stream/x -d "$work/down-stream"
  "$program" unbundle -m "$work/down-stream/disk.img.manifest.xml" -k "$keys/user-pk.pem" -d "$work/unbundled-stream"
  cmp "$work/short/disk.img" "$work/unbundled-stream/disk.img"
}

store_whole() {
  emikit upload-bundle -b bkt-whole/x -m "$first"
  mkdir -p "$work/whole"
  emikit download-and-unbundle -b bkt-whole/x -m disk.img.manifest.xml -k "$keys/user-pk.pem" -d "$work/whole"
  cmp "$work/disk.img" "$work/whole/disk.img"
  rm "$work/whole/disk.img"
  s3 s3 cp --no-progress "$first" s3://bkt-whole/x/disk.img.part.02
  refused disk.img.part.02 emikit download-and-unbundle -b bkt-whole/x -p disk.img -k "$keys/user-pk.pem" -d "$work/whole"
  equal 'files that are left' "$(ls -A "$work/whole")" ''
}

store_copy() {
  local prefix='a prefix/b+c&d/ü'
  emikit upload-bundle -b "bkt-copied/$prefix" -m "$second"
  emikit upload-bundle -b bkt-copy/x -m "$first"
  emikit copy-bundle -b bkt-copy/x -p disk.img --to "bkt-copy-2/$prefix" --output json >"$work/copied"
  stored "bkt-copy-2/$prefix" "$work/first"
  emikit copy-bundle -b bkt-copy/x -p disk.img --to "bkt-copied/$prefix"
  stored "bkt-copied/$prefix" "$work/first"
  emikit copy-bundle -b "bkt-copied/$prefix" -p disk.img --to bkt-copy/y
  stored bkt-copy/y "$work/first"
  note "it copied $(sed -n 's/.*"copiedByStore": \([0-9]*\).*/\1/p' "$work/copied") of 3 parts itself"
}

store_copy_altered() {
  emikit upload-bundle -b bkt-copy-altered -m "$first"
  head -c 10485760 "$work/disk.img" >"$work/altered-part"
  s3 s3 cp --no-progress "$work/altered-part" s3://bkt-copy-altered/disk.img.part.01
  refused 'disk.img.part.01: part does not match its digest' emikit copy-bundle -b bkt-copy-altered -p disk.img --to bkt-copy-none
  refused 404 s3 s3api head-bucket --bucket bkt-copy-none
}

store_migrate() {
  emikit upload-bundle -b bkt-migrate -m "$first"
  emikit migrate-bundle -b bkt-migrate -m disk.img.manifest.xml -d bkt-migrated/x --kernel eki-22222222 \
    -k "$keys/user-pk.pem" -c "$keys/user-cert.pem" --ec2cert "$keys/cloud-cert.pem"
  rm -rf "$work/migrated"
  mkdir "$work/migrated"
  emikit download-and-unbundle -b bkt-migrated/x -p disk.img -k "$keys/user-pk.pem" -c "$keys/user-cert.pem" -d "$work/migrated"
  cmp "$work/disk.img" "$work/migrated/disk.img"
  emikit inspect -b bkt-migrated/x -p disk.img | grep eki-22222222 >/dev/null
}

store_install() {
  refused 'look for images: http://127.0.0.1:1/: connection refused' \
    emikit install-image -n web -b bkt-install -i "$work/short/disk.img" --ec2-url http://127.0.0.1:1 "${sign[@]}"
  refused 404 s3 s3api head-bucket --bucket bkt-install
}

store_verify() {
  local said
  emikit upload-bundle -b bkt-verify/x -m "$first"
  equal 'the manifest' "$(emikit inspect -b bkt-verify/x -p disk.img)" "$(emikit inspect "$first")"
  said=$(emikit verify -b bkt-verify/x -m disk.img.manifest.xml -k "$keys/user-pk.pem" -c "$keys/user-cert.pem" --debug 2>&1)
  grep -q 'method=HEAD.*disk.img.part.02' <<<"$said"
  if grep 'method=GET.*disk.img.part' <<<"$said"; then return 1; fi
  emikit verify -b bkt-verify/x -p disk.img -k "$keys/user-pk.pem" --deep | grep $'^ok\tbundle\t12 ok, 0 failed, 0 not checked' >/dev/null
  head -c 5000 "$work/disk.img" >"$work/changed"
  s3 s3 cp --no-progress "$work/changed" s3://bkt-verify/x/disk.img.part.01
  s3 s3 rm s3://bkt-verify/x/disk.img.part.02
  refused 'disk.img.part.02: part is missing' emikit verify -b bkt-verify/x -p disk.img
  refused 'disk.img.part.01: part does not match its digest' emikit verify -b bkt-verify/x -p disk.img --deep
  # A SHA-1 that the store keeps stands for reading the part.
  if s3 s3api put-object --bucket bkt-verify --key y/disk.img.part.00 --body "$work/first/disk.img.part.00" --checksum-algorithm SHA1 &&
    s3 s3api head-object --bucket bkt-verify --key y/disk.img.part.00 --checksum-mode ENABLED | grep -q ChecksumSHA1; then
    emikit verify -b bkt-verify/y --local-manifest "$first" >"$work/said" || true
    grep -q '2 parts not there; 1 other as the manifest says' "$work/said"
    note 'a SHA-1 that it keeps is compared'
  fi
}

store_delete() {
  emikit upload-bundle -b bkt-delete -m "$first"
  s3 s3 cp --no-progress "$first" s3://bkt-delete/other
  emikit delete-bundle -b bkt-delete -p disk.img
  equal objects "$(s3 s3 ls s3://bkt-delete | awk '{print $NF}')" other
  s3 s3 rm s3://bkt-delete/other
  emikit upload-bundle -b bkt-delete -m "$second"
  emikit delete-bundle -b bkt-delete -m disk.img.manifest.xml --clear
  refused 404 s3 s3api head-bucket --bucket bkt-delete
}

store_delete_many() {
  local n
  mkdir -p "$work/parts"
  for ((n = 0; n < 1005; n++)); do : >"$work/parts/$(printf 'disk.img.part.%04d' "$n")"; done
  : >"$work/parts/disk.img.part.zip"
  s3 s3 mb s3://bkt-delete-many
  s3 s3 cp --quiet --recursive "$work/parts" s3://bkt-delete-many/x
  equal 'objects to be removed' "$(emikit delete-bundle -b bkt-delete-many/x -p disk.img --dry-run | wc -l)" 1005
  emikit delete-bundle -b bkt-delete-many/x -p disk.img
  equal objects "$(s3 s3 ls s3://bkt-delete-many/x/ | awk '{print $NF}')" disk.img.part.zip
}

# store_many: a listing comes in pages of 1000, and the manifest is on the second.
store_many() {
  local n
  mkdir -p "$work/many"
  for ((n = 0; n < 1005; n++)); do : >"$work/many/$(printf 'a%04d' "$n")"; done
  emikit upload-bundle -b bkt-many/x -m "$second"
  s3 s3 cp --quiet --recursive "$work/many" s3://bkt-many/x
  emikit download-bundle -b bkt-many/x -d "$work/down-many"
  diff -r "$work/second" "$work/down-many"
}

store_altered() {
  emikit upload-bundle -b bkt-altered -m "$first"
  head -c 5000 "$work/disk.img" >"$work/altered"
  s3 s3 cp --no-progress "$work/altered" s3://bkt-altered/disk.img.part.01
  refused 'disk.img.part.01: part does not match its digest' emikit download-bundle -b bkt-altered -d "$work/down-altered"
  [ ! -e "$work/down-altered" ]
}

store_nothing() {
  refused NoSuchBucket emikit download-bundle -b bkt-none -d "$work/down-none"
  refused "manifest 'bkt/x.manifest.xml' does not exist on the server" emikit download-bundle -b bkt -p x -d "$work/down-none"
  [ ! -e "$work/down-none" ]
}

store_secret() {
  local said
  said=$(emikit upload-bundle --debug -b bkt-debug -m "$second" 2>&1 && emikit download-bundle --debug -b bkt-debug -d "$work/down-debug" 2>&1)
  grep -q "$AWS_ACCESS_KEY_ID" <<<"$said" # it does log
  if grep -qF -e "$AWS_SECRET_ACCESS_KEY" -e Signature <<<"$said"; then
    echo 'the secret or a signature is in the log'
    return 1
  fi
}

# store_doctor: what it writes to see whether it may is gone again. ACLs may be off.
store_doctor() {
  emikit upload-bundle -b bkt-doctor -m "$second"
  emikit doctor --only s3 -b bkt-doctor --write >"$work/doctor"
  grep -E '^ok +S3 clock ' "$work/doctor"
  grep -E '^ok +S3 keys ' "$work/doctor"
  grep -E '^ok +bucket +bkt-doctor is yours' "$work/doctor"
  grep -E '^(ok|warning) +bucket writing +.*stored' "$work/doctor"
  stored bkt-doctor "$work/second"
  refused 'S3 connection' env S3_URL=http://127.0.0.1:1 "$program" doctor --only s3
}

# store_refusals: of a server that checks who asks. Nothing is stored.
store_refusals() {
  refused SignatureDoesNotMatch env AWS_SECRET_ACCESS_KEY=wrong "$program" upload-bundle -b bkt-refused -m "$first" "${sigv[@]}"
  refused InvalidAccessKeyId env AWS_ACCESS_KEY_ID=AKIAUNKNOWN "$program" upload-bundle -b bkt-refused -m "$first" "${sigv[@]}"
  refused SignatureDoesNotMatch env AWS_SECRET_ACCESS_KEY=wrong "$program" download-bundle -b bkt -d "$work/down-refused" "${sigv[@]}"
  refused 'list buckets: SignatureDoesNotMatch' env AWS_SECRET_ACCESS_KEY=wrong "$program" doctor --only s3 "${sigv[@]}"
  refused 'list buckets: InvalidAccessKeyId' env AWS_ACCESS_KEY_ID=AKIAUNKNOWN "$program" doctor --only s3 "${sigv[@]}"
  [ ! -e "$work/down-refused" ]
  refused 404 s3 s3api head-bucket --bucket bkt-refused
}
