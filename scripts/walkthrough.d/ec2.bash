#!/usr/bin/env bash
# The first walk-through: Eucalyptus 1.4 with the ec2 tools (2009). Sourced by
# scripts/walkthrough.

: "${work:?}"

# The keys of the article's table; the cloud may have more, such as mac.
metadata_keys=(
  ami-id ami-launch-index ami-manifest-path ancestor-ami-ids block-device-mapping
  hostname instance-id instance-type kernel-id local-hostname local-ipv4 placement/
  product-codes public-hostname public-ipv4 public-keys/ ramdisk-id reservation-id
  security-groups
)

walk_ec2() {
  chapter "First walk-through: Eucalyptus 1.4 and the ec2 tools"
  cd "$work/root" || fail "no $work/root"
  run 'ec2-describe-availability-zones verbose'
  expect '^AVAILABILITYZONE\t.*m1\.small' 'capacity by VM type'
  expect '^AVAILABILITYZONE\t.*c1\.xlarge' 'capacity by VM type'
  ttylinux
  centos
  metadata
  user_data
  leave
}

ttylinux() { # a kernel and a root filesystem that somebody else made
  bundle vmlinuz-2.6.16.33-xen "ec2-bundle-image --image $work/root/ttylinux/vmlinuz-2.6.16.33-xen --kernel true"
  run 'ec2-upload-bundle --bucket kernel-bucket --manifest /tmp/vmlinuz-2.6.16.33-xen.manifest.xml'
  run 'ec2-register kernel-bucket/vmlinuz-2.6.16.33-xen.manifest.xml'
  expect '^IMAGE\teki-[0-9A-F]{8}$' 'a kernel image'
  local eki emi
  eki=$(id eki)
  bundle ttylinux.img "ec2-bundle-image --image $work/root/ttylinux/ttylinux.img"
  run 'ec2-upload-bundle --bucket image-bucket --manifest /tmp/ttylinux.img.manifest.xml'
  run 'ec2-register image-bucket/ttylinux.img.manifest.xml'
  expect '^IMAGE\temi-[0-9A-F]{8}$' 'a machine image'
  emi=$(id emi)
  wait_available "$emi"
  run 'ec2-describe-images'
  expect "^IMAGE\t$eki\tkernel-bucket/vmlinuz-2.6.16.33-xen.manifest.xml\t[^\t]+\tavailable\tpublic\t" 'the kernel'
  expect "^IMAGE\t$emi\timage-bucket/ttylinux.img.manifest.xml\t[^\t]+\tavailable\tpublic\t" 'the image'

  run "ec2-add-keypair admin_key > $work/root/admin_key.private ; chmod 0600 $work/root/admin_key.private"
  grep -q -- 'PRIVATE KEY-----' "$work/root/admin_key.private" || fail "no private key in admin_key.private"
  run "ec2-run-instances $emi -k admin_key"
  expect '^RESERVATION\tr-[0-9A-F]{8}\t' 'a reservation'
  tty_instance=$(id i)
  wait_running "$tty_instance"
  run 'ec2-describe-instances'
  expect "^INSTANCE\t$tty_instance\t$emi\t[^\t]+\t[^\t]+\trunning\tadmin_key\t0\t" 'the instance'
  run "ec2-get-console-output $tty_instance"
  expect 'ext3' 'the console tells of the filesystem'
  expect 'ttylinux' 'the console tells its label'
}

centos() { # kernel, ramdisk and root filesystem made by hand
  local kernel=vmlinuz-2.6.18-128.1.6.el5xen
  bundle $kernel "ec2-bundle-image --image $work/boot/$kernel --kernel true"
  run "ec2-upload-bundle --bucket centos-kernel-bucket --manifest /tmp/$kernel.manifest.xml"
  run "ec2-register centos-kernel-bucket/$kernel.manifest.xml"
  centos_eki=$(id eki)
  bundle centos-ramdisk.img "ec2-bundle-image --image $work/root/centos-ramdisk.img --ramdisk true"
  run 'ec2-upload-bundle --bucket centos-ramdisk-bucket --manifest /tmp/centos-ramdisk.img.manifest.xml'
  run 'ec2-register centos-ramdisk-bucket/centos-ramdisk.img.manifest.xml'
  centos_eri=$(id eri)
  bundle centos-root.img "ec2-bundle-image --image $work/root/centos-root.img"
  run 'ec2-upload-bundle --bucket centos-root-bucket --manifest /tmp/centos-root.img.manifest.xml'
  run 'ec2-register centos-root-bucket/centos-root.img.manifest.xml'
  centos_emi=$(id emi)
  wait_available "$centos_eki"
  wait_available "$centos_eri"
  wait_available "$centos_emi"
  run "ec2-run-instances $centos_emi --kernel $centos_eki --ramdisk $centos_eri"
  local instance
  instance=$(id i)
  wait_running "$instance"
  run "ec2-get-console-output $instance"
  expect "$(<"$work/kernel-version")" 'the console names the kernel'
  expect 'gzip|cpio' 'the console tells of the ramdisk'
  expect 'ext3' 'the console tells of the filesystem'
}

value() { # value KEY: one metadata key of the instance
  emikit metadata "$instance" "/latest/meta-data/$1"
}

field() { # field NUMBER: of the instance's line in describe-instances
  euca-describe-instances "$instance" | column INSTANCE "$instance" "$1"
}

metadata() { # all keys of the article's table, asked as the instance
  local instance reservation key
  run "ec2-run-instances $centos_emi -k admin_key --kernel $centos_eki --ramdisk $centos_eri"
  instance=$(id i)
  reservation=$(id r)
  wait_running "$instance"
  run "emikit metadata $instance /latest/meta-data"
  for key in "${metadata_keys[@]}"; do
    expect "^$key$" 'the 19 keys'
  done

  expect_value ami-id "$centos_emi"
  expect_value kernel-id "$centos_eki"
  expect_value ramdisk-id "$centos_eri"
  expect_value instance-id "$instance"
  expect_value reservation-id "$reservation"
  expect_value instance-type m1.small
  expect_value ami-launch-index 0
  expect_value local-ipv4 "$(field 18)"
  expect_value local-hostname "$(field 18)"
  expect_value public-ipv4 "$(field 17)"
  expect_value hostname "$(field 17)"
  expect_value public-hostname "$(field 17)"
  expect_value placement/availability-zone "$(field 12)"
  expect_value public-keys/ '0=admin_key'
  expect_value ancestor-ami-ids none
  expect_value ami-manifest-path "$S3_URL/centos-root-bucket/centos-root.img.manifest.xml"
  run "emikit metadata $instance /latest/meta-data/security-groups"
  expect 'default' 'the security group'
  run "emikit metadata $instance /latest/meta-data/product-codes"
  run "emikit metadata $instance /latest/meta-data/block-device-mapping"
  run "emikit metadata $instance /latest/meta-data/placement/"
  expect '^availability-zone$' 'the placement'
  run "emikit metadata $instance /latest/meta-data/public-keys/0/openssh-key"
  expect '^ssh-rsa ' 'the public key'
}

expect_value() { # expect_value KEY WANT
  run "emikit metadata $instance /latest/meta-data/$1"
  expect_equal "$OUT" "$2" "metadata $1"
}

user_data() {
  local instance
  run "ec2-run-instances $centos_emi -k admin_key -d 'role=web; greeting=hello world'"
  instance=$(id i)
  wait_running "$instance"
  run "emikit metadata $instance /latest/user-data"
  expect_equal "$OUT" 'role=web; greeting=hello world' 'user data'
}

leave() { # not in the article, but everybody does it next
  run "ec2-reboot-instances $tty_instance"
  wait_running "$tty_instance"
  run "ec2-terminate-instances $tty_instance"
  expect "^INSTANCE\t$tty_instance\trunning\t(shutting-down|terminated)" 'the change of state'
  wait_for 60 "instance $tty_instance terminated" instance_is "$tty_instance" terminated
}
