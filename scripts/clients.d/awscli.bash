#!/usr/bin/env bash
# What Debian's awscli does with the object store and with EC2. Sourced by
# scripts/clients.

: "${work:?}" "${emikit:?}"

s3() { timeout 60 /usr/bin/aws --endpoint-url "$S3_URL" "$@"; }
ec2() { timeout 60 /usr/bin/aws --endpoint-url "$EC2_URL" ec2 "$@"; }

drive_awscli() {
  local client
  client="awscli $(/usr/bin/aws --version | sed -E 's|^aws-cli/([^ ]*).*|\1|')"
  try "$client" 's3 mb, s3api head-bucket' aws_bucket
  try "$client" 's3 cp of 100 MB, in parts' aws_upload
  try "$client" 's3 cp back' aws_download
  try "$client" 's3api head-object: size and ETag' aws_head
  try "$client" 's3api get-object of a range over two parts' aws_range
  try "$client" 's3 cp from bucket to bucket, in parts' aws_copy_parts
  try "$client" 's3 sync both ways' aws_sync
  try "$client" 's3api list-objects-v2, paged' aws_list list-objects-v2
  try "$client" 's3api list-objects, paged' aws_list list-objects
  try "$client" 's3api list-objects-v2, common prefixes' aws_prefixes
  try "$client" 's3api copy-object' aws_copy
  try "$client" 's3api create-, list- and abort-multipart-upload' aws_abort
  try "$client" 's3api delete-object, delete-objects' aws_delete
  try "$client" 's3 presign' aws_presign
  try "$client" 'refusals: wrong secret, unknown key, missing object' aws_refusals
  try "$client" 's3 rb --force' aws_remove
}

aws_bucket() {
  s3 s3 mb s3://aws-bucket
  s3 s3api head-bucket --bucket aws-bucket
}

aws_upload() { s3 s3 cp --no-progress "$work/large" s3://aws-bucket/large; }

aws_download() {
  s3 s3 cp --no-progress s3://aws-bucket/large "$work/back"
  cmp "$work/large" "$work/back"
  rm "$work/back"
}

aws_head() {
  local got
  got=$(s3 s3api head-object --bucket aws-bucket --key large --query '[ContentLength,ETag]' --output text)
  equal head-object "$got" "100000000"$'\t'"\"$(part_etag "$work/large" 8388608)\""
}

aws_range() {
  s3 s3api get-object --bucket aws-bucket --key large --range bytes=8388000-8389000 "$work/range"
  equal size "$(stat -c %s "$work/range")" 1001
  cmp -i 8388000:0 -n 1001 "$work/large" "$work/range"
}

aws_copy_parts() {
  s3 s3 cp --no-progress s3://aws-bucket/large s3://aws-bucket/copied
  s3 s3 cp --no-progress s3://aws-bucket/copied - | cmp - "$work/large"
}

aws_sync() {
  s3 s3 sync "$work/tree" s3://aws-bucket/tree
  s3 s3 sync s3://aws-bucket/tree "$work/tree.back"
  diff -r "$work/tree" "$work/tree.back"
  equal 'second sync' "$(s3 s3 sync "$work/tree" s3://aws-bucket/tree)" ''
}

aws_list() { # aws_list OPERATION
  local got want
  got=$(s3 s3api "$1" --bucket aws-bucket --prefix tree/ --page-size 3 --query 'Contents[].Key' --output json |
    python3 -c 'import json, sys; print(*json.load(sys.stdin), sep="\n")')
  want=$(cd "$work" && find tree -type f | LC_ALL=C sort)
  equal keys "$got" "$want"
}

aws_prefixes() {
  local got
  got=$(s3 s3api list-objects-v2 --bucket aws-bucket --delimiter / --query '[CommonPrefixes[].Prefix,Contents[].Key]' --output text)
  equal prefixes "$got" "tree/"$'\n'"copied"$'\t'"large"
}

aws_copy() {
  s3 s3api copy-object --bucket aws-bucket --key 'co py' --copy-source 'aws-bucket/tree/file 1'
  s3 s3 cp 's3://aws-bucket/co py' - | cmp - "$work/tree/file 1"
}

aws_abort() {
  local id got
  id=$(s3 s3api create-multipart-upload --bucket aws-bucket --key parts --query UploadId --output text)
  s3 s3api upload-part --bucket aws-bucket --key parts --upload-id "$id" --part-number 7 --body "$work/tree/file 1"
  got=$(s3 s3api list-parts --bucket aws-bucket --key parts --upload-id "$id" --query 'Parts[].[PartNumber,Size]' --output text)
  equal parts "$got" "7"$'\t'"7"
  got=$(s3 s3api list-multipart-uploads --bucket aws-bucket --query 'Uploads[].[Key,UploadId]' --output text)
  equal uploads "$got" "parts"$'\t'"$id"
  s3 s3api abort-multipart-upload --bucket aws-bucket --key parts --upload-id "$id"
  refused NoSuchUpload s3 s3api list-parts --bucket aws-bucket --key parts --upload-id "$id"
}

aws_delete() {
  s3 s3api delete-object --bucket aws-bucket --key copied
  s3 s3api delete-objects --bucket aws-bucket --delete '{"Objects":[{"Key":"co py"},{"Key":"none"}],"Quiet":false}' |
    grep -c '"Key"' | grep -qx 2
  refused 404 s3 s3api head-object --bucket aws-bucket --key copied
}

aws_presign() {
  local url
  url=$(s3 s3 presign 's3://aws-bucket/tree/file 1' --expires-in 60)
  curl -fsS --max-time 20 "$url" | cmp - "$work/tree/file 1"
}

aws_refusals() {
  refused SignatureDoesNotMatch env AWS_SECRET_ACCESS_KEY=wrong timeout 60 /usr/bin/aws --endpoint-url "$S3_URL" s3api list-buckets
  refused InvalidAccessKeyId env AWS_ACCESS_KEY_ID=AKIAUNKNOWN timeout 60 /usr/bin/aws --endpoint-url "$S3_URL" s3api list-buckets
  refused NoSuchKey s3 s3api get-object --bucket aws-bucket --key none "$work/none"
}

aws_remove() {
  s3 s3 rb --force s3://aws-bucket
  refused NoSuchBucket s3 s3api list-objects-v2 --bucket aws-bucket
}

drive_ec2() {
  local client
  client="awscli $(/usr/bin/aws --version | sed -E 's|^aws-cli/([^ ]*).*|\1|')"
  try "$client" 's3 cp of a bundle, with parts of 10 MiB' ec2_bundle
  try "$client" 'ec2 register-image --image-location, describe-images' ec2_register
  try "$client" 'ec2 run-instances twice with one client token' ec2_run
  try "$client" 'ec2 wait instance-running, describe-instances' ec2_wait
  try "$client" 'ec2 describe-instances: filters, pages; dry run' ec2_pages
  try "$client" 'ec2 create-, describe- and delete-security-group; run-instances in one' ec2_groups
  try "$client" 'ec2 authorize- and revoke-security-group-ingress, both forms; -egress' ec2_rules
  try "$client" 'ec2 allocate-, associate-, describe-, disassociate-, release-address' ec2_addresses
  try "$client" 'ec2 terminate-instances, wait instance-terminated' ec2_terminate
  try "$client" 'ec2 create-, describe- and delete-key-pair' ec2_keypairs
  try "$client" 'ec2 import-key-pair: RSA, ED25519; fingerprints' ec2_import
  try "$client" 'ec2 describe-regions, -availability-zones, -security-groups' ec2_places
  try "$client" 'ec2 refusals: wrong secret, unknown image' ec2_refusals
  try "$client" 'ec2 deregister-image' ec2_deregister
}

ec2_bundle() {
  mkdir "$work/root" "$work/bundle"
  head -c 25000000 "$work/large" >"$work/root/bytes" # random: does not get smaller
  truncate -s 40M "$work/disk.img"
  mke2fs -q -F -t ext4 -d "$work/root" "$work/disk.img"
  timeout 60 "$emikit" bundle-image -i "$work/disk.img" -d "$work/bundle"
  s3 s3 mb s3://ec2-bucket
  s3 s3 cp --no-progress --recursive --acl aws-exec-read "$work/bundle" s3://ec2-bucket
}

ec2_register() {
  local state tried
  ec2 register-image --image-location ec2-bucket/disk.img.manifest.xml --name disk --query ImageId --output text >"$work/image"
  for ((tried = 0; tried < 30; tried++)); do
    state=$(ec2 describe-images --image-ids "$(<"$work/image")" --query 'Images[0].[State,ImageLocation]' --output text)
    [[ $state == pending* ]] || break
    sleep 1
  done
  equal image "$state" "available"$'\t'"ec2-bucket/disk.img.manifest.xml"
}

ec2_run() {
  local first second
  first=$(ec2 run-instances --image-id "$(<"$work/image")" --client-token one --query 'Instances[0].InstanceId' --output text)
  second=$(ec2 run-instances --image-id "$(<"$work/image")" --client-token one --query 'Instances[0].InstanceId' --output text)
  equal instance "$second" "$first"
  equal instances "$(ec2 describe-instances --query 'length(Reservations[].Instances[])')" 1
  printf '%s\n' "$first" >"$work/instance"
}

ec2_wait() {
  ec2 wait instance-running --instance-ids "$(<"$work/instance")"
  equal instance "$(ec2 describe-instances --instance-ids "$(<"$work/instance")" \
    --query 'Reservations[0].Instances[0].[ImageId,State.Name]' --output text)" "$(<"$work/image")"$'\t'"running"
}

ec2_pages() {
  local got
  refused DryRunOperation ec2 run-instances --image-id "$(<"$work/image")" --dry-run
  ec2 run-instances --image-id "$(<"$work/image")" --count 6 --query 'Instances[].[InstanceId]' --output text >"$work/six"
  # shellcheck disable=SC2046 # each is a word
  ec2 wait instance-running --instance-ids $(<"$work/six")
  got=$(ec2 describe-instances --page-size 5 --query 'Reservations[].Instances[].[InstanceId]' --output text | sort)
  equal 'in two pages' "$got" "$(sort "$work/six" "$work/instance")"
  equal running "$(ec2 describe-instances --filters Name=instance-state-name,Values=running,stopped "Name=image-id,Values=$(<"$work/image")" \
    --query 'length(Reservations[].Instances[])')" 7
  equal 'of another name' "$(ec2 describe-instances --filters 'Name=image-id,Values=emi-0*X' --query 'length(Reservations)')" 0
}

ec2_groups() {
  local web member
  web=$(ec2 create-security-group --group-name web --description 'web servers' --query GroupId --output text)
  printf '%s\n' "$web" >"$work/web"
  refused InvalidGroup.Duplicate ec2 create-security-group --group-name web --description again
  refused InvalidGroup.Reserved ec2 delete-security-group --group-name default
  equal group "$(ec2 describe-security-groups --group-ids "$web" \
    --query 'SecurityGroups[].[GroupId,GroupName,Description]' --output text)" "$web"$'\t'"web"$'\t'"web servers"
  equal 'by filter' "$(ec2 describe-security-groups --filters Name=description,Values='web*' --query 'SecurityGroups[].GroupName' --output text)" web
  member=$(ec2 run-instances --image-id "$(<"$work/image")" --security-groups web --query 'Instances[0].InstanceId' --output text)
  equal members "$(ec2 describe-instances --filters Name=instance.group-name,Values=web --query 'Reservations[].Instances[].InstanceId' --output text)" "$member"
  refused InvalidGroup.InUse ec2 delete-security-group --group-id "$web"
  ec2 terminate-instances --instance-ids "$member"
  ec2 wait instance-terminated --instance-ids "$member"
}

ec2_rules() {
  local web count='length(SecurityGroups[0].IpPermissions)'
  web=$(<"$work/web")
  ec2 authorize-security-group-ingress --group-name web --protocol tcp --port 22 --cidr 10.1.2.3/8
  refused InvalidPermission.Duplicate ec2 authorize-security-group-ingress --group-id "$web" --protocol 6 --port 22 --cidr 10.0.0.0/8
  ec2 authorize-security-group-ingress --group-id "$web" --protocol icmp --port -1 --cidr 0.0.0.0/0
  ec2 authorize-security-group-ingress --group-id "$web" --protocol all --source-group default
  ec2 authorize-security-group-ingress --group-id "$web" --ip-permissions \
    'IpProtocol=udp,FromPort=53,ToPort=53,IpRanges=[{CidrIp=10.0.0.0/8,Description=dns},{CidrIp=192.0.2.0/24}]'
  equal permissions "$(ec2 describe-security-groups --group-ids "$web" --query "$count")" 4
  # shellcheck disable=SC2016 # backquotes are awscli's, of a literal
  equal ranges "$(ec2 describe-security-groups --group-ids "$web" \
    --query 'SecurityGroups[0].IpPermissions[?IpProtocol==`udp`].IpRanges[].CidrIp' --output text)" "10.0.0.0/8"$'\t'"192.0.2.0/24"
  equal source "$(ec2 describe-security-groups --group-ids "$web" \
    --query 'SecurityGroups[0].IpPermissions[].UserIdGroupPairs[].GroupName' --output text)" default
  equal 'by filter' "$(ec2 describe-security-groups --filters Name=ip-permission.from-port,Values=22 --query 'SecurityGroups[].GroupName' --output text)" web
  refused InvalidPermission.Malformed ec2 authorize-security-group-ingress --group-id "$web" --protocol tcp --port 70000 --cidr 0.0.0.0/0
  refused InvalidPermission.Malformed ec2 authorize-security-group-ingress --group-id "$web" --protocol tcp --port 22 --cidr 10.0.0.1
  refused InvalidPermission.NotFound ec2 revoke-security-group-ingress --group-id "$web" --protocol tcp --port 23 --cidr 10.0.0.0/8
  refused UnsupportedOperation ec2 authorize-security-group-egress --group-id "$web" --protocol tcp --port 22 --cidr 0.0.0.0/0
  ec2 revoke-security-group-ingress --group-name web --protocol tcp --port 22 --cidr 10.0.0.0/8
  equal permissions "$(ec2 describe-security-groups --group-ids "$web" --query "$count")" 3
  ec2 delete-security-group --group-id "$web"
  refused InvalidGroup.NotFound ec2 describe-security-groups --group-names web
}

ec2_addresses() {
  local ip first second
  ip=$(ec2 allocate-address --query PublicIp --output text)
  first=$(sed -n 1p "$work/six")
  second=$(sed -n 2p "$work/six")
  ec2 associate-address --public-ip "$ip" --instance-id "$first"
  equal address "$(ec2 describe-instances --instance-ids "$first" --query 'Reservations[0].Instances[0].PublicIpAddress' --output text)" "$ip"
  ec2 associate-address --public-ip "$ip" --instance-id "$second"
  equal moved "$(ec2 describe-addresses --public-ips "$ip" --query 'Addresses[].[PublicIp,InstanceId,Domain]' --output text)" "$ip"$'\t'"$second"$'\t'"standard"
  equal 'by filter' "$(ec2 describe-addresses --filters "Name=instance-id,Values=$second" --query 'Addresses[].PublicIp' --output text)" "$ip"
  ec2 disassociate-address --public-ip "$ip"
  equal 'of no instance' "$(ec2 describe-addresses --query 'Addresses[].InstanceId' --output text)" ''
  refused UnsupportedOperation ec2 allocate-address --domain vpc
  ec2 release-address --public-ip "$ip"
  refused InvalidAddress.NotFound ec2 describe-addresses --public-ips "$ip"
}

ec2_terminate() {
  # shellcheck disable=SC2046 # each is a word
  set -- $(cat "$work/instance" "$work/six")
  ec2 terminate-instances --instance-ids "$@"
  ec2 wait instance-terminated --instance-ids "$@"
}

ec2_keypairs() {
  ec2 create-key-pair --key-name aws-key --query KeyMaterial --output text >"$work/aws-key.pem"
  openssl pkey -in "$work/aws-key.pem" -noout
  equal key "$(ec2 describe-key-pairs --key-names aws-key --query 'KeyPairs[].KeyName' --output text)" aws-key
  ec2 delete-key-pair --key-name aws-key
  refused InvalidKeyPair.NotFound ec2 describe-key-pairs --key-names aws-key
}

ec2_import() {
  local kind want
  openssl genrsa -out "$work/rsa.pem" 3072
  openssl rsa -in "$work/rsa.pem" -pubout -out "$work/rsa.pub"
  want=$(openssl rsa -pubin -in "$work/rsa.pub" -outform DER | openssl md5 -c | sed 's/.*= *//')
  equal rsa "$(ec2 import-key-pair --key-name rsa --public-key-material "fileb://$work/rsa.pub" --query KeyFingerprint --output text)" "$want"
  equal emikit "$("$emikit" fingerprint-key "$work/rsa.pub")" "$want"
  openssl genpkey -algorithm ed25519 -out "$work/ed25519.pem"
  openssl pkey -in "$work/ed25519.pem" -pubout -out "$work/ed25519.pub"
  want=$("$emikit" fingerprint-key "$work/ed25519.pem")
  equal ed25519 "$(ec2 import-key-pair --key-name ed25519 --public-key-material "fileb://$work/ed25519.pub" --query KeyFingerprint --output text)" "$want"
  refused InvalidKey.Format ec2 import-key-pair --key-name other --public-key-material "fileb://$work/rsa.pem"
  refused InvalidKeyPair.Duplicate ec2 import-key-pair --key-name rsa --public-key-material "fileb://$work/rsa.pub"
  for kind in rsa ed25519; do ec2 delete-key-pair --key-name "$kind"; done
}

ec2_places() {
  equal region "$(ec2 describe-regions --query 'Regions[].RegionName' --output text)" eucalyptus
  equal zone "$(ec2 describe-availability-zones --query 'AvailabilityZones[].[ZoneName,State]' --output text)" "cluster1"$'\t'"available"
  equal group "$(ec2 describe-security-groups --query 'SecurityGroups[].GroupName' --output text)" default
}

ec2_refusals() {
  refused AuthFailure env AWS_ACCESS_KEY_ID=AKIAUNKNOWN timeout 60 /usr/bin/aws --endpoint-url "$EC2_URL" ec2 describe-images
  refused SignatureDoesNotMatch env AWS_SECRET_ACCESS_KEY=wrong timeout 60 /usr/bin/aws --endpoint-url "$EC2_URL" ec2 describe-images
  refused InvalidAMIID.NotFound ec2 run-instances --image-id emi-00000000
}

ec2_deregister() {
  ec2 deregister-image --image-id "$(<"$work/image")"
  s3 s3 rb --force s3://ec2-bucket
}
