#!/usr/bin/env bash
# The second walk-through: Ubuntu Enterprise Cloud with euca2ools (2009-2010).
# Sourced by scripts/walkthrough.

: "${work:?}"

walk_uec() {
  chapter "Second walk-through: Ubuntu Enterprise Cloud and euca2ools"
  cd "$work/uec" || fail "no $work/uec"
  linux_image
  windows_image
}

# install_system stands for the article's interactive installation: it puts a
# finished filesystem into the empty qcow2 image.
install_system() {
  qemu-img convert -n -f raw -O qcow2 "$work/uec/root.ext4" "$work/uec/image.img"
}

linux_image() {
  local arch eki eri emi instance
  arch=$(uname -m)
  run 'kvm-img create -f qcow2 image.img 5G'
  install_system
  bundle vmlinuz-2.6.28-11-server 'euca-bundle-image -i vmlinuz-2.6.28-11-server --kernel true'
  run 'euca-upload-bundle -b mybucket -m /tmp/vmlinuz-2.6.28-11-server.manifest.xml'
  run 'euca-register mybucket/vmlinuz-2.6.28-11-server.manifest.xml'
  expect '^IMAGE\teki-[0-9A-F]{8}$' 'a kernel image'
  eki=$(id eki)
  bundle initrd.img-2.6.28-11-server 'euca-bundle-image -i initrd.img-2.6.28-11-server'
  run 'euca-upload-bundle -b mybucket -m /tmp/initrd.img-2.6.28-11-server.manifest.xml'
  run 'euca-register mybucket/initrd.img-2.6.28-11-server.manifest.xml'
  expect '^IMAGE\teri-[0-9A-F]{8}$' 'a ramdisk image without --ramdisk true'
  eri=$(id eri)
  bundle image.img "euca-bundle-image -i image.img --kernel $eki --ramdisk $eri"
  run 'euca-upload-bundle -b mybucket -m /tmp/image.img.manifest.xml'
  run 'euca-register mybucket/image.img.manifest.xml'
  expect '^IMAGE\temi-[0-9A-F]{8}$' 'a machine image'
  emi=$(id emi)
  wait_available "$emi"
  run 'euca-describe-images'
  expect "^IMAGE\t$emi\tmybucket/image.img.manifest.xml\t[^\t]+\tavailable\tpublic\t$arch\tmachine\t$eki\t$eri" 'the image'
  expect "^IMAGE\t$eri\tmybucket/initrd.img-2.6.28-11-server.manifest.xml\t[^\t]+\tavailable\tpublic\t$arch\tramdisk" 'the ramdisk'
  expect "^IMAGE\t$eki\tmybucket/vmlinuz-2.6.28-11-server.manifest.xml\t[^\t]+\tavailable\tpublic\t$arch\tkernel" 'the kernel'

  run "euca-add-keypair mykey > $work/uec/mykey.private"
  chmod 0600 "$work/uec/mykey.private"
  run "euca-run-instances $emi -k mykey -t m1.large"
  instance=$(id i)
  wait_running "$instance"
  run "emikit metadata $instance /latest/meta-data/public-keys/0/openssh-key | grep ssh-rsa"
  run "euca-get-console-output $instance"
  expect "$(<"$work/kernel-version")" 'the console names the kernel of the image'
  expect 'ext4' 'the console tells of the filesystem in the qcow2 image'
}

windows_image() { # memdisk boots a floppy that starts the disk
  local eki eri emi instance
  bundle memdisk 'euca-bundle-image -i memdisk --kernel true'
  run 'euca-upload-bundle -b win2k3_bucket -m /tmp/memdisk.manifest.xml'
  run 'euca-register win2k3_bucket/memdisk.manifest.xml'
  expect '^IMAGE\teki-' 'memdisk is a kernel image'
  eki=$(id eki)
  bundle win-boot.img 'euca-bundle-image -i win-boot.img --ramdisk true'
  run 'euca-upload-bundle -b win2k3_bucket -m /tmp/win-boot.img.manifest.xml'
  run 'euca-register win2k3_bucket/win-boot.img.manifest.xml'
  expect '^IMAGE\teri-' 'the floppy is a ramdisk image'
  eri=$(id eri)
  bundle win-2k3.img "euca-bundle-image -i win-2k3.img --kernel $eki --ramdisk $eri"
  run 'euca-upload-bundle -b win2k3_bucket -m /tmp/win-2k3.img.manifest.xml'
  run 'euca-register win2k3_bucket/win-2k3.img.manifest.xml'
  expect '^IMAGE\temi-' 'the disk is a machine image'
  emi=$(id emi)
  wait_available "$emi"
  run "euca-run-instances $emi -k mykey -t c1.xlarge"
  instance=$(id i)
  wait_running "$instance"
  run 'euca-describe-instances'
  expect "^INSTANCE\t$instance\t$emi\t.*\trunning\tmykey\t0\t[^\t]*\tc1.xlarge\t" 'the Windows instance'
  run "euca-get-console-output $instance"
  expect '[Ff][Aa][Tt]' 'the console tells of the FAT filesystems'
}
