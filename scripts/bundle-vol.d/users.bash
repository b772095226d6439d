#!/usr/bin/env bash
# Commands as scripts of real projects have them, run on a small system of its own: its
# root is the volume. Sourced by scripts/bundle-vol.

: "${work:?}" "${program:?}" "${keys:?}"

make_system() { # make_system DIR: a root with a shell, our program, and keys
  mkdir -p "$1"/{bin,dev,etc,proc,root/home,sys,tmp/upload,mnt/bundles,usr/bin,ebs,var/tmp} "$1/root/.ssh"
  mknod -m 666 "$1/dev/null" c 1 3
  cp "$(type -P busybox)" "$1/bin/busybox"
  for name in sh cat ls sleep; do ln -s busybox "$1/bin/$name"; done
  cp "$program" "$1/usr/bin/emikit"
  for name in ec2-bundle-vol euca-bundle-vol; do ln -s emikit "$1/usr/bin/$name"; done
  mkdir -p "$1/opt/tools/etc/ec2/amitools"
  cp "$keys/cloud-cert.pem" "$1/opt/tools/etc/ec2/amitools/cert-ec2.pem"
  cp "$keys/user-cert.pem" "$1/tmp/upload/cert.pem"
  cp "$keys/user-pk.pem" "$1/tmp/upload/key.pem"
  cp "$keys/cloud-cert.pem" "$1/tmp/upload/cloud.pem"
  echo '/dev/sda1 / ext4 defaults 1 1' >"$1/etc/fstab"
  echo keep >"$1/etc/server.pem"
  touch "$1/tmp/upload/other" "$1/etc/a" "$1/etc/b" "$1/root/.ssh/authorized_keys"
  # What a login shell of root sets, and nothing else does.
  printf 'export PATH=/usr/bin:/bin EC2_AMITOOL_HOME=/opt/tools AWS_EC2_METADATA_SERVICE_ENDPOINT=%s\n' \
    "$1" "$endpoint" | tail -n 1 >"$1/root/.profile"
}

# as_root SYSTEM COMMAND: runs a line in a shell, where sudo -i -n runs a command in a
# login shell of root with no terminal and none of the environment.
as_root() {
  # shellcheck disable=SC2016 # they are for the shells below
  local sudo='sudo() { test "$1 $2" = "-i -n" || exit 1; shift 2; q=; for a; do q="$q $(quoted "$a")"; done
      env -i HOME=/root sh -l -c "$q" </dev/null; }
    quoted() { printf "%s" "$1" | sed "s/[^a-zA-Z0-9_/.,-]/\\\\&/g"; }'
  setsid -w chroot "$1" /bin/busybox env -i HOME=/nowhere PATH=/bin:/usr/bin /bin/busybox sh -c "PATH=/bin:/usr/bin
    sed() { busybox sed \"\$@\"; }; env() { busybox env \"\$@\"; }
    $sudo
    $2"
}

metadata() { # a metadata service of an instance; prints its address
  cat >"$work/metadata.py" <<'END'
import http.server, sys
items = {"": "x", "ami-id": "ami-12345678", "kernel-id": "aki-deadbeef", "ramdisk-id": "ari-deadbeef",
         "block-device-mapping": "ami\nroot", "block-device-mapping/ami": "sda1", "block-device-mapping/root": "/dev/sda1"}
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, text):
        self.send_response(status); self.send_header("Content-Length", str(len(text))); self.end_headers()
        self.wfile.write(text.encode())
    def do_PUT(self):
        self.answer(200, "TOKEN")
    def do_GET(self):
        item = self.path.removeprefix("/latest/meta-data/")
        if self.headers.get("X-aws-ec2-metadata-token") != "TOKEN":
            return self.answer(401, "")
        self.answer(200, items[item]) if item in items else self.answer(404, "")
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1], "w") as f:
    f.write("http://127.0.0.1:%d\n" % server.server_port)
server.serve_forever()
END
  background "$work/metadata.log" python3 "$work/metadata.py" "$work/endpoint"
  for _ in {1..100}; do
    [ ! -s "$work/endpoint" ] || break
    sleep 0.1
  done
  endpoint=$(<"$work/endpoint")
}

# found SYSTEM MANIFEST FILE...: unbundles what was made, and demands files of it, or
# with ! in front, that it lacks them.
found() {
  local system=$1 manifest=$2 file out
  shift 2
  out=$work/users.out
  rm -rf "$out" && mkdir "$out"
  emikit unbundle -m "$system$manifest" -k "$keys/user-pk.pem" -d "$out"
  image=$(ls "$out"/*)
  e2fsck -f -n "$image" || return 1
  for file in "$@"; do
    case $file in
      !*) refused '' grep -q 'Inode:' < <(debugfs -R "stat ${file#!}" "$image" 2>/dev/null) || { echo "$file"; return 1; } ;;
      *) debugfs -R "stat $file" "$image" 2>/dev/null | grep -q 'Inode:' || { echo "missing: $file"; return 1; } ;;
    esac
  done
}

packer() {
  as_root "$1" 'sudo -i -n ec2-bundle-vol -k /tmp/upload/key.pem -u 123456789012 -c /tmp/upload/cert.pem -r x86_64 -e /tmp/upload/* -d /tmp -p image-1463774867 --batch --no-filter'
  found "$1" /tmp/image-1463774867.manifest.xml /etc/server.pem /root/.ssh/authorized_keys /tmp/upload '!/tmp/upload/cert.pem' \
    '!/tmp/image-1463774867.manifest.xml' '!/tmp/upload/key.pem'
  grep -q '<kernel_id>aki-deadbeef</kernel_id>' "$1/tmp/image-1463774867.manifest.xml"
  grep -q '<ancestor_ami_id>ami-12345678</ancestor_ami_id>' "$1/tmp/image-1463774867.manifest.xml"
}

xd() {
  as_root "$1" 'sudo -i -n ec2-bundle-vol --user 123456789012 --privatekey /tmp/upload/key.pem --cert /tmp/upload/cert.pem --arch x86_64 --destination /mnt/bundles --partition mbr --include /etc/a,/etc/b,'
  [ -s "$1/mnt/bundles/image.manifest.xml" ]
}

kwilczynski() {
  as_root "$1" "set -- -k /tmp/upload/key.pem -u 123456789012 -c /tmp/upload/cert.pem -r x86_64 -e /var/tmp -d /mnt/bundles -p k
    export EC2_AMITOOL_HOME=/opt/tools AWS_EC2_METADATA_SERVICE_ENDPOINT=$endpoint
    ec2-bundle-vol -P none -e '/var/tmp/*,/tmp/*' --no-filter --batch \"\$@\""
  found "$1" /mnt/bundles/k.manifest.xml /tmp /etc/server.pem '!/tmp/upload'
}

metro() {
  as_root / "cd '$work' && PATH='$work/names' EC2_AMITOOL_HOME='$1/opt/tools' ec2-bundle-vol -u 123456789012 -k '$1/tmp/upload/key.pem' -c '$1/tmp/upload/cert.pem' --no-inherit -r x86_64 --kernel aki-1 -d '$work' -v '$1' --fstab /etc/fstab"
  found '' "$work/image.manifest.xml" /etc/fstab.old /usr/bin/emikit '!/etc/server.pem'
}

greenail() {
  as_root "$1" 'sudo -i -n ec2-bundle-vol -d /mnt/bundles -u 1234-5678-9012 -r i386 -k /tmp/upload/key.pem -c /tmp/upload/cert.pem -r i386 -e /ebs -p g'
  found "$1" /mnt/bundles/g.manifest.xml /etc/a '!/ebs'
  grep -q '<architecture>i386</architecture>' "$1/mnt/bundles/g.manifest.xml"
}

imagefactory() {
  as_root "$1" "export AWS_EC2_METADATA_SERVICE_ENDPOINT=$endpoint
    euca-bundle-vol -c /tmp/upload/cert.pem -k /tmp/upload/key.pem -u 123456789012 -e /mnt,/tmp,/root/.ssh --arch x86_64 -d /mnt/bundles --kernel aki-1 -p f -s 1024 --ec2cert /tmp/upload/cloud.pem --fstab /etc/fstab -v /"
  found "$1" /mnt/bundles/f.manifest.xml /tmp '!/root/.ssh' '!/tmp/upload' /mnt '!/mnt/bundles'
  grep -q '<size>1073741824</size>' "$1/mnt/bundles/f.manifest.xml"
}

rubber() {
  as_root "$1" "export EC2_AMITOOL_HOME=/opt/tools EC2_CERT=/tmp/upload/cert.pem EC2_PRIVATE_KEY=/tmp/upload/key.pem EC2_USER_ID=123456789012
    trap '' HUP
    ec2-bundle-vol --batch --no-inherit -d /mnt -p r & wait \$!"
  [ -s "$1/mnt/r.manifest.xml" ]
}

check_users() {
  metadata
  local system=$work/system
  make_system "$system"
  check 'a system' "Packer's default command, through a login shell" -- packer "$system"
  check 'a system' 'century-arcade/xd: --partition, --include a,b,' -- xd "$system"
  check 'a system' 'kwilczynski/packer-templates: -P, -e twice' -- kwilczynski "$system"
  check 'a chroot' 'funtoo/metro: -v, --fstab' -- metro "$system"
  check 'a system' 'greenail/aws: a dashed account, -r twice' -- greenail "$system"
  check 'a system' 'redhat-imaging/imagefactory: euca-bundle-vol' -- imagefactory "$system"
  check 'a system' 'rubber: in the background, keys in the environment' -- rubber "$system"
}
