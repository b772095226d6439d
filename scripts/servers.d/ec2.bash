#!/usr/bin/env bash
# shellcheck disable=SC2154 # sign is of store.bash
# What emikit does with an EC2 service. Sourced by scripts/servers.

: "${work:?}" "${program:?}"

drive_ec2() {
  on 'doctor' ec2_doctor
  on 'describe-regions, describe-availability-zones' ec2_places
  on 'create-, describe- and delete-keypair' ec2_keypairs
  on 'import-keypair, fingerprint-key' ec2_import
  on 'create-, describe- and delete-group; authorize, revoke' ec2_groups
  on 'register' ec2_register
  on 'install-image: bundle, upload, register' ec2_install
  on 'describe-images: all, by id, by filter' ec2_images
  on 'modify-, describe- and reset-image-attribute' ec2_attributes
  on 'run-instances: count, key, group, zone, type, user data' ec2_run
  on 'describe-instances: text, table, json' ec2_instances
  on 'get-console-output, reboot-instances' ec2_console
  drive_instances
  on 'allocate-, associate-, describe-, disassociate-, release-address' ec2_addresses
  on 'terminate-instances' ec2_terminate
  drive_ec2_dialects
  on 'deregister' ec2_deregister
  on 'refused to EC2: wrong secret, unknown key' ec2_refusals
  on 'refused: unknown image, instance, key pair' ec2_unknown
}

column() { # column RECORD N: the Nth column of the records of that name
  awk -F '\t' -v record="$1" -v n="$2" '$1 == record {print $n}'
}

ec2_doctor() {
  emikit doctor --only ec2 >"$work/doctor"
  grep -E '^ok +EC2 clock ' "$work/doctor"
  grep -E '^ok +EC2 keys ' "$work/doctor"
  refused 'EC2 keys' env AWS_SECRET_ACCESS_KEY=wrong "$program" doctor --only ec2
}

ec2_places() {
  equal regions "$(emikit describe-regions | column REGION 2 | sort)" \
    "$(ec2 describe-regions --query 'Regions[].[RegionName]' --output text | sort)"
  equal zones "$(emikit describe-availability-zones | column AVAILABILITYZONE 2 | sort)" \
    "$(ec2 describe-availability-zones --query 'AvailabilityZones[].[ZoneName]' --output text | sort)"
}

ec2_keypairs() {
  local fingerprint
  fingerprint=$(emikit create-keypair key1 -f "$work/key1.pem" | column KEYPAIR 3)
  equal fingerprint "$(ec2 describe-key-pairs --key-names key1 --query 'KeyPairs[0].KeyFingerprint' --output text)" "$fingerprint"
  equal mode "$(stat -c %a "$work/key1.pem")" 600
  openssl pkey -in "$work/key1.pem" -noout
  equal record "$(emikit describe-keypairs key1)" "KEYPAIR"$'\t'"key1"$'\t'"$fingerprint"
  emikit create-keypair key2 -f "$work/key2.pem"
  emikit delete-keypair key2
  equal keys "$(ec2 describe-key-pairs --query 'KeyPairs[].[KeyName]' --output text)" key1
}

ec2_import() {
  local want
  openssl rsa -in "$work/key1.pem" -pubout -out "$work/key1.pub"
  want=$(openssl rsa -pubin -in "$work/key1.pub" -outform DER | openssl md5 -c | sed 's/.*= *//')
  equal fingerprint "$(emikit fingerprint-key "$work/key1.pub")" "$want"
  # It takes OpenSSH's form alone.
  python3 - "$work/key1.pub" >"$work/key1.ssh" <<'END'
import base64, subprocess, sys
text = subprocess.run(["openssl", "rsa", "-pubin", "-in", sys.argv[1], "-modulus", "-noout"], capture_output=True, text=True, check=True).stdout
number = bytes.fromhex("00" + text.strip().split("=")[1])
blob = b"".join(len(part).to_bytes(4, "big") + part for part in (b"ssh-rsa", (65537).to_bytes(3, "big"), number))
print("ssh-rsa", base64.b64encode(blob).decode(), "key3")
END
  equal 'of the same key' "$(emikit fingerprint-key "$work/key1.ssh")" "$want"
  equal imported "$(emikit import-keypair key3 -f "$work/key1.ssh")" "KEYPAIR"$'\t'"key3"$'\t'"$want"
  equal 'as awscli sees it' "$(ec2 describe-key-pairs --key-names key3 --query 'KeyPairs[0].KeyFingerprint' --output text)" "$want"
  refused InvalidKeyPair.Duplicate emikit import-keypair key3 -f "$work/key1.ssh"
  refused 'a private key' emikit import-keypair key4 -f "$work/key1.pem"
  emikit delete-keypair key3
}

ec2_groups() {
  local web db permissions='SecurityGroups[0].IpPermissions[].[IpProtocol,FromPort,ToPort,IpRanges[0].CidrIp]'
  web=$(emikit create-group web -d 'web servers' | column GROUP 2)
  db=$(emikit create-group db -d databases | column GROUP 2)
  refused InvalidGroup.Duplicate emikit create-group web -d again
  emikit authorize web -p 22-23 -s 10.0.0.0/8
  emikit authorize "$web" -P udp -p 53
  emikit authorize web -P icmp
  equal rules "$(ec2 describe-security-groups --group-ids "$web" --query "$permissions" --output text | sort)" \
    "$(printf 'icmp\t-1\t-1\t0.0.0.0/0\ntcp\t22\t23\t10.0.0.0/8\nudp\t53\t53\t0.0.0.0/0')"
  refused InvalidPermission.Duplicate emikit authorize web -p 22-23 -s 10.0.0.0/8
  emikit authorize db -p 5432 -o web
  equal source "$(ec2 describe-security-groups --group-ids "$db" --query 'SecurityGroups[0].IpPermissions[].UserIdGroupPairs[].GroupId' --output text)" "$web"
  equal 'of the world' "$(ec2 describe-security-groups --group-ids "$db" --query 'SecurityGroups[0].IpPermissions[].IpRanges[]' --output text)" ''
  emikit describe-groups db | grep 'PERMISSION.*db.*ALLOWS.tcp.5432.5432.FROM.USER.*'"$web"'.ingress$' >/dev/null
  emikit authorize "$web" --egress -p 443 -s 10.0.0.0/8
  emikit describe-groups "$web" | grep 'TO.CIDR.10.0.0.0/8.egress$' >/dev/null
  emikit revoke "$web" --egress -p 443 -s 10.0.0.0/8
  emikit revoke web -p 22-23 -s 10.0.0.0/8
  refused InvalidPermission.NotFound emikit revoke web -p 22-23 -s 10.0.0.0/8
  equal 'by filter' "$(emikit describe-groups --filter ip-permission.protocol=udp | column GROUP 4)" web
  emikit delete-group "$db"
  emikit delete-group web
  refused InvalidGroup.NotFound emikit describe-groups web
}

ec2_addresses() {
  local ip one
  one=$(head -n 1 "$work/instances")
  ip=$(emikit allocate-address | column ADDRESS 2)
  emikit associate-address "$ip" -i "$one"
  equal instance "$(ec2 describe-addresses --public-ips "$ip" --query 'Addresses[0].InstanceId' --output text)" "$one"
  equal record "$(emikit describe-addresses "$ip" | column ADDRESS 3)" "$one"
  equal 'of the instance' "$(emikit describe-instances "$one" | column INSTANCE 17)" "$ip"
  emikit disassociate-address "$ip"
  equal 'of no instance' "$(emikit describe-addresses "$ip" | column ADDRESS 3)" ''
  emikit release-address "$ip"
  equal released "$(ec2 describe-addresses --query 'Addresses[].PublicIp' --output text)" ''
  refused InvalidAddress.NotFound emikit release-address "$ip"
}

ec2_register() {
  emikit register bkt/disk.img.manifest.xml -n disk -d 'a disk' -a x86_64 | column IMAGE 2 >"$work/image"
  equal image "$(ec2 describe-images --image-ids "$(<"$work/image")" --query 'Images[0].[Name,Description,State]' --output text)" \
    "disk"$'\t'"a disk"$'\t'"available"
  note 'moto looks at no manifest'
}

ec2_install() {
  local image kernel
  kernel=$(emikit install-image -n kernel -i "$work/short/disk.img" -p vmlinuz --kernel true -b bkt-kernels "${sign[@]}" | column IMAGE 2)
  image=$(emikit install-image -n web -b bkt-installed/web -i "$work/short/disk.img" --kernel "$kernel" --description 'a server' \
    --virtualization-type hvm --wait "${sign[@]}" | column IMAGE 2)
  equal image "$(ec2 describe-images --image-ids "$image" --query 'Images[0].[Name,Description,State]' --output text)" \
    "web"$'\t'"a server"$'\t'"available"
  s3 s3api head-object --bucket bkt-installed --key web/disk.img.manifest.xml >/dev/null
  refused 'web: an image of that name exists already' emikit install-image -n web -b bkt-other -i "$work/short/disk.img" "${sign[@]}"
  emikit deregister "$image"
  emikit deregister "$kernel"
}

ec2_images() {
  local image
  image=$(<"$work/image")
  equal 'all of the images' "$(emikit describe-images -a | column IMAGE 2 | sort)" \
    "$(ec2 describe-images --query 'Images[].[ImageId]' --output text | sort)"
  equal 'by id' "$(emikit describe-images "$image" | column IMAGE 2)" "$image"
  equal 'by filter' "$(emikit describe-images --filter name=disk | column IMAGE 2)" "$image"
}

ec2_attributes() {
  local image
  image=$(<"$work/image")
  emikit modify-image-attribute -l -a 111122223333 -a 444455556666 "$image"
  emikit modify-image-attribute -l -r 444455556666 "$image"
  launch_permission 'added and removed' "$image" 111122223333
  emikit describe-image-attribute --description "$image" | grep 'a disk' >/dev/null
  refused 500 emikit reset-image-attribute -l "$image"
  note 'moto has no reset, and fails in a way that is told'
}

launch_permission() { # launch_permission WHAT IMAGE WANT: for awscli and for emikit
  equal "$1" "$(ec2 describe-image-attribute --image-id "$2" --attribute launchPermission --query 'LaunchPermissions[].UserId' --output text)" "$3"
  equal "$1" "$(emikit describe-image-attribute -l "$2" | awk '$1 == "launchPermission" {print $NF}')" "$3"
}

ec2_run() {
  local got want
  emikit run-instances "$(<"$work/image")" -n 2 -k key1 -g default -z us-east-1b -t m1.large -d 'some data' >"$work/run"
  column INSTANCE 2 <"$work/run" | sort >"$work/instances"
  equal count "$(wc -l <"$work/instances")" 2
  want=$(sed "s/\$/\t$(<"$work/image")\tkey1\tm1.large\tus-east-1b\tdefault/" "$work/instances")
  got=$(ec2 describe-instances --query \
    'Reservations[].Instances[].[InstanceId,ImageId,KeyName,InstanceType,Placement.AvailabilityZone,SecurityGroups[0].GroupName]' --output text | sort)
  equal instances "$got" "$want"
  got=$(ec2 describe-instance-attribute --attribute userData --instance-id "$(head -n 1 "$work/instances")" --query UserData.Value --output text)
  equal 'user data' "$(base64 -d <<<"$got")" 'some data'
}

ec2_instances() {
  local one
  one=$(head -n 1 "$work/instances")
  equal states "$(emikit describe-instances "$one" | column INSTANCE 6)" running
  emikit --output table describe-instances "$one" | grep "$one.* running " >/dev/null
  equal json "$(emikit --output json describe-instances "$one" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["Reservations"][0]["Instances"][0]["InstanceId"])')" "$one"
}

ec2_console() {
  local one
  one=$(head -n 1 "$work/instances")
  emikit get-console-output "$one" | grep 'Linux version' >/dev/null
  emikit reboot-instances "$one"
}

ec2_terminate() {
  # shellcheck disable=SC2046 # each is a word
  equal 'states now' "$(emikit terminate-instances $(<"$work/instances") | column INSTANCE 4 | sort -u)" shutting-down
  equal 'states in the end' "$(ec2 describe-instances --query 'Reservations[].Instances[].[State.Name]' --output text | sort -u)" terminated
}

ec2_deregister() {
  emikit deregister "$(<"$work/image")"
  equal images "$(ec2 describe-images --owners self --query 'Images[].ImageId' --output text)" ''
}

ec2_refusals() {
  refused AuthFailure env AWS_SECRET_ACCESS_KEY=wrong "$program" describe-images
  refused AuthFailure env AWS_ACCESS_KEY_ID=AKIAUNKNOWN "$program" run-instances ami-1234abcd
}

ec2_unknown() {
  refused InvalidAMIID emikit deregister ami-1234abcd
  refused InvalidInstanceID.NotFound emikit terminate-instances i-1234abcd
  refused InvalidKeyPair.NotFound emikit describe-keypairs none
}
