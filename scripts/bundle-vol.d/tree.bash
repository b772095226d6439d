#!/usr/bin/env bash
# A tree with every kind of file, and how it is compared with what comes out of an
# image. Sourced by scripts/bundle-vol, as root.

: "${work:?}"

make_tree() { # make_tree DIR
  mkdir -p "$1"
  (
    cd "$1" || exit
    mkdir -p dev etc home/u/.ssh mnt proc sys tmp usr/bin var/many 'sp ace' $'new\nline' $'not\xfftext' empty .top
    chmod 1777 tmp
    echo '/dev/vda1 / ext4 defaults 0 1' >etc/fstab
    echo hidden >.top/.file
    echo odd >$'new\nline/a\tb'
    head -c 300000 /dev/urandom >usr/bin/program
    chmod 4755 usr/bin/program
    ln usr/bin/program usr/bin/again
    ln usr/bin/program $'not\xfftext/third'
    ln -s program usr/bin/link
    ln -s "$(printf 'long/%.0s' {1..60})" usr/bin/far
    mkfifo -m 600 var/fifo
    mknod -m 660 var/disk b 259 70000
    mknod -m 640 var/tape c 9 3
    python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("var/socket")'
    truncate -s 3G var/sparse
    printf end | dd of=var/sparse bs=1 seek=2G conv=notrunc status=none
    head -c 130M /dev/zero >var/large # longer than a group of blocks
    seq -f 'var/many/a name of some length, number %g' 1000 | xargs -d '\n' touch
    echo key >home/u/.ssh/id_rsa
    echo pem >etc/server.pem
    echo left >etc/notes~
    touch -d @1.000000007 etc/old
    touch -d '2100-01-02 03:04:05.678901234' etc/late
    chown 70001:100002 home/u/.ssh etc/old
    chown -h 70001:5 usr/bin/link
    setfattr -n user.color -v green etc/fstab
    setfattr -n user.long -v "$(printf 'v%.0s' {1..1500})" etc/fstab
    setfattr -n trusted.mark -v 0x00ff00 etc
    # What setcap cap_net_raw+ep writes.
    setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 usr/bin/program || true
    setfacl -m u:70001:rwx,g:5:r etc/old
    setfacl -d -m u:12:rx home/u
    echo stays >mnt/not-in-the-image
    touch -d '2001-02-03 04:05:06' home/u etc usr
  )
}

# files DIR [TEST...]: the paths in it but for what stays away, in order.
files() {
  (
    cd "$1" || exit
    shift
    find . -mindepth 1 \( -path ./lost+found -o -path './dev/*' -o -path './mnt/*' -o -path ./var/socket -o -name '*~' \
      -o -name '*.pem' -o -name '*id_rsa*' \) -prune -o "$@" -print0 | sort -z
  )
}

# list DIR: all that is known of every file. A directory has a size of its own in every
# filesystem, and the volume's own time changes when lost+found is made in it.
list() {
  files "$1" >"$work/files"
  files "$1" -type f ! -path './var/many/*' ! -name sparse >"$work/contents"
  files "$1" ! -type l >"$work/unlinked"
  (
    cd "$1" || exit
    xargs -0 -a "$work/files" stat -c '%N %f %u %g %y %t:%T %s %h' -- | sed -E '/^[^ ].* 4[0-9a-f]{3} /s/ [0-9]+ [0-9]+$//'
    xargs -0 -a "$work/contents" sha256sum --
    dd if=var/sparse bs=1024 skip=$((2 << 20)) count=1 status=none | cksum
    xargs -0 -a "$work/files" getfattr -h -d -m - -e hex --
    xargs -0 -a "$work/unlinked" getfacl -p -n --
  )
}

holes() { # holes DIR: whether the sparse file is one there
  [ "$(stat -c %b "$1/var/sparse")" -lt 100 ]
}

# compare ORIGINAL IMAGE: the filesystem in the image is clean, and what the kernel
# finds in it is what is in the original, or was left out.
compare() {
  local status=0
  e2fsck -f -n "$2" || return 1
  mkdir -p "$work/mounted"
  mount -o loop,ro "$2" "$work/mounted" || return 1
  list "$1" >"$work/want" && list "$work/mounted" >"$work/got" && holes "$work/mounted" &&
    ls -lA "$work/mounted/dev" "$work/mounted/mnt" >"$work/special" || status=1
  umount "$work/mounted" || return 1
  [ "$status" -eq 0 ] || return 1
  diff "$work/want" "$work/got" || return 1
  equal 'devices' "$(grep -cE '^c.* (console|null|tty|zero)$' "$work/special")" 4 || return 1
  equal 'files in /mnt' "$(grep -c not-in-the-image "$work/special")" 0
}
