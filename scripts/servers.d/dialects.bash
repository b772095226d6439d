#!/usr/bin/env bash
# shellcheck disable=SC2154 # sign and sigv are of store.bash and scripts/servers
# What emikit does under the names of the tools that it replaces. Sourced by
# scripts/servers.

: "${work:?}" "${program:?}"

make_links() { "$program" link --dir "$work/links" >/dev/null; }

linked() { # linked NAME ARGUMENT...: a command by a name of old, whose keys come from the environment
  local name=$1
  shift
  timeout 60 "$work/links/$name" "$@"
}

# drive_store_dialects: what has to do with buckets.
drive_store_dialects() {
  on 'euca-bundle-image, -upload-bundle, -download-bundle, -unbundle, -delete-bundle' dialect_euca_store
  on 'ec2-bundle-image, -upload-bundle, -download-bundle, -unbundle, -delete-bundle' dialect_ec2_store
}

dialect_euca_store() {
  local dir=$work/euca
  rm -rf "$dir"
  mkdir "$dir" "$dir/back"
  equal bundled "$(linked euca-bundle-image -i "$work/short/disk.img" -d "$dir/made" "${sign[@]}")" "Wrote manifest $dir/made/disk.img.manifest.xml"
  equal uploaded "$(linked euca-upload-bundle -b bkt-euca -m "$dir/made/disk.img.manifest.xml" "${sigv[@]}")" 'Uploaded bkt-euca/disk.img.manifest.xml'
  stored bkt-euca "$dir/made"
  linked euca-download-bundle -b bkt-euca -d "$dir/back" "${sigv[@]}"
  linked euca-unbundle -m "$dir/back/disk.img.manifest.xml" -d "$dir" -k "$keys/user-pk.pem"
  cmp "$dir/disk.img" "$work/short/disk.img"
  equal deleted "$(linked euca-delete-bundle -b bkt-euca -p disk.img --clear "${sigv[@]}")" ''
  refused "euca-download-bundle: error: manifest 'bkt-euca/disk.img.manifest.xml' does not exist on the server" \
    linked euca-download-bundle -b bkt-euca -m disk.img.manifest.xml -d "$dir/back" "${sigv[@]}"
}

dialect_ec2_store() {
  local dir=$work/ec2 who=(-a "$AWS_ACCESS_KEY_ID" -s "$AWS_SECRET_ACCESS_KEY" "${sigv[@]}")
  rm -rf "$dir"
  mkdir "$dir" "$dir/made" "$dir/back"
  linked ec2-bundle-image -i "$work/short/disk.img" -d "$dir/made" "${sign[@]}" --batch | tail -n 1 | grep -qx 'ec2-bundle-image complete.'
  linked ec2-upload-bundle -b bkt-ec2/a/b -m "$dir/made/disk.img.manifest.xml" "${who[@]}" --batch --retry 5 >"$dir/said"
  equal uploaded "$(tail -n 1 "$dir/said")" 'Bundle upload completed.'
  stored bkt-ec2/a/b "$dir/made"
  linked ec2-download-bundle -b bkt-ec2/a/b -p disk.img -d "$dir/back" -k "$keys/user-pk.pem" "${who[@]}"
  linked ec2-unbundle -m "$dir/back/disk.img.manifest.xml" -s "$dir/back" -d "$dir" -k "$keys/user-pk.pem"
  cmp "$dir/disk.img" "$work/short/disk.img"
  linked ec2-delete-bundle -b bkt-ec2/a/b -p disk.img -y "${who[@]}" | tail -n 1 | grep -qx 'ec2-delete-bundle complete.'
}

# drive_publish: what has to do with both. Nothing else may be registered.
drive_publish() {
  on 'publish-image, uec-publish-image, cloud-publish-tarball' dialect_publish
}

# drive_ec2_dialects: what has to do with images and instances.
drive_ec2_dialects() {
  on 'euca-register through cut, euca-describe-images, euca-deregister' dialect_euca_images
  on 'ec2-register through awk, ec2-modify-image-attribute, ec2-deregister' dialect_ec2_images
  on 'euca-run-instances, euca-describe-instances, euca-terminate-instances' dialect_instances
}

dialect_euca_images() {
  local image
  image=$(linked euca-register bkt/disk.img.manifest.xml -n euca-disk -d 'a disk' -a x86_64 --root-device-name /dev/sda1 | cut -f 2)
  equal image "$(ec2 describe-images --image-ids "$image" --query 'Images[0].[Name,Description]' --output text)" "euca-disk"$'\t'"a disk"
  equal described "$(linked euca-describe-images "$image" | column IMAGE 2)" "$image"
  linked euca-describe-images -o self | cut -f 2 | grep -x "$image" >/dev/null
  linked euca-deregister "$image" | grep -x "IMAGE"$'\t'"$image" >/dev/null
  equal images "$(ec2 describe-images --owners self --filters Name=name,Values=euca-disk --query 'Images[].[ImageId]' --output text)" ''
}

dialect_ec2_images() {
  local image
  image=$(linked ec2-register bkt/disk.img.manifest.xml -n ec2-disk --region us-east-1 | awk '{print $2}')
  linked ec2-modify-image-attribute --region us-east-1 "$image" -l -a all
  equal public "$(ec2 describe-images --image-ids "$image" --query 'Images[0].Public' --output text)" True
  linked ec2-deregister "$image"
}

dialect_instances() {
  local image one
  image=$(<"$work/image")
  one=$(linked euca-run-instances "$image" -n 1 -t m1.small -g default | column INSTANCE 2)
  equal state "$(linked euca-describe-instances "$one" | column INSTANCE 6)" running
  equal ended "$(linked euca-terminate-instances "$one" | column INSTANCE 2)" "$one"
  equal 'state in the end' "$(ec2 describe-instances --instance-ids "$one" --query 'Reservations[0].Instances[0].State.Name' --output text)" terminated
}

dialect_publish() {
  local dir=$work/publish line image
  local signed=(--privatekey "$keys/user-pk.pem" --cert "$keys/user-cert.pem" --ec2cert "$keys/cloud-cert.pem" --user 123456789012)
  mkdir "$dir"
  cp "$work/short/disk.img" "$dir/cloud-amd64.img"
  head -c 100000 "$dir/cloud-amd64.img" >"$dir/cloud-amd64-vmlinuz"
  line=$(emikit publish-image x86_64 "$dir/cloud-amd64.img" bkt-published --kernel-file "$dir/cloud-amd64-vmlinuz" -l all "${signed[@]}")
  image=${line%%$'\t'*}
  equal line "$line" "$image"$'\t'bkt-published/cloud-amd64.img.manifest.xml
  equal public "$(ec2 describe-images --image-ids "$image" --query 'Images[0].Public' --output text)" True
  line=$(linked uec-publish-image amd64 "$dir/cloud-amd64.img" bkt-published --rename second.img "${signed[@]}")
  s3 s3api head-object --bucket bkt-published --key second.img.manifest.xml >/dev/null
  tar -C "$dir" -czf "$dir/cloud-amd64.tar.gz" cloud-amd64.img cloud-amd64-vmlinuz
  echo publish-tarball >>"$work/driven"
  linked cloud-publish-tarball "$dir/cloud-amd64.tar.gz" bkt-tarball "${signed[@]}" | grep -xE 'emi="ami-[0-9a-f]+"; eri="none"; eki="ami-[0-9a-f]+";'
  ec2 describe-images --owners self --query 'Images[].[ImageId]' --output text >"$dir/images"
  xargs -a "$dir/images" -n 1 timeout 60 "$program" deregister
}
