package main

import (
	"strings"
	"testing"

	"emikit/cmd/cli"
	"emikit/cmd/compat"
)

// commandLines are those of programs that call the tools, with made-up values: Packer,
// NixOS, microgram, aminator, mirage, metro, bootstrap-vz, imagefactory, boxgrinder,
// devstack, cloud-utils, rightimage, eutester, eucalyptus-cookbook, CernVM and others.
const commandLines = `
ec2-bundle-vol -k /tmp/key.pem -u 123456789012 -c /tmp/cert.pem -r x86_64 -e /tmp/a /tmp/b /tmp/c -d /tmp -p image-1463774867 --batch --no-filter
ec2-upload-bundle -b bkt -m /tmp/m.xml -a AK -s SK -d /tmp --batch --region us-east-1 --retry
ec2-upload-bundle -b bkt -m /tmp/m.xml -d /tmp --batch --region us-east-1 --retry -t TOKEN
ec2-bundle-image -i nixos.img --user 123456789012 --arch x86_64 -c C -k K
ec2-upload-bundle -b bkt -m /tmp/nixos.img.manifest.xml -a AK -s SK --location EU --url http://s3.amazonaws.com
ec2-register bkt/nixos.img.manifest.xml -n name -d desc --region us-east-1 --kernel aki-1
ec2-modify-image-attribute --region us-east-1 ami-1 -l -a all
ec2-bundle-image -c C -k K -u U -i IMG --kernel AKI --ramdisk ARI -B root=/dev/sda1,sdb=sdb,ami=sda
ec2-upload-bundle -b B -a AK -s SK -t TOKEN -m IMG.manifest.xml --retry
ec2-bundle-vol --user U --privatekey K --cert C --arch x86_64 --destination D --partition mbr --include a,b,
ec2-upload-bundle --manifest M --region R --bucket B --access-key AK --secret-key SK
ec2-bundle-vol -P mbr -e /var/tmp/*,/tmp/* --no-filter --batch -k K -u U -c C -r x86_64 -e /tmp/x /tmp/y -d /tmp -p image --batch --no-filter
ec2-bundle-vol -u U -k K -c C --no-inherit -r i386 --kernel AKI -d D -v CHROOT --fstab F
ec2-register -K K -C C B/M
ec2-bundle-vol -d D -u 1111-2222-3333 -r i386 -k K -c C -r i386 -e /ebs
euca-bundle-image --image I --arch x86_64 --user U --privatekey K --cert C --ec2cert E --destination D --prefix P
euca-upload-bundle --bucket B --manifest M --access-key AK --secret-key SK --url URL --region R
euca-bundle-vol -c C -k K -u U -e /mnt,/tmp,/root/.ssh --arch x86_64 -d /mnt/bundles --kernel AKI -p P -s 10240 --ec2cert E --fstab /etc/fstab -v /
euca-bundle-image -i I -d DIR -a AK -s SK -c C -k K -u U -r x86_64 --ec2cert E --kernel AKI
euca-upload-bundle -b B -m M --ec2cert E -a AK -s SK -U URL
euca-register -U URL -A AK -S SK -a x86_64 --root-device-name /dev/sda1 --virtualization-type hvm B/M
euca-upload-bundle -U http://HOST -b bucket/prefix -m M -a AK -s SK
euca-bundle-image -i /tmp/img
euca-upload-bundle --debug -b testbucket -m /tmp/img.manifest.xml
euca-register testbucket/img.manifest.xml
euca-bundle-image --destination D --arch i386 --image L --block-device-mapping=ami=sda1 --kernel true
ec2-bundle-image --destination D --arch i386 --cert C --privatekey K --user U --image L --kernel AKI --ramdisk ARI
ec2-upload-bundle --bucket B --access-key AK --secret-key SK --manifest M
euca-register --name N --architecture=i386 --root-device-name=/dev/sda B/M
euca-describe-images -o self
euca-modify-image-attribute --launch-permission --add USER emi-1
euca-bundle-image -i p -p n --kernel windows
ec2-download-bundle -b B -a AK -s SK -p P -k K --debug --retry -d D
ec2-unbundle -m M -k K -d D -s S
euca-upload-bundle -b B -b B -a AK -s SK -m M --debug
euca-install-image -r x86_64 -i IMG --virt hvm -b B -n N
euca-install-image --region admin@localhost -i I -b B -n N -r x86_64 --virtualization-type hvm
ec2-upload-bundle -b B -m M -a AK -s SK --retry 5
ec2-bundle-image -u ACCT -i X.fat --debug --arch x86_64 --kernel aki-1
ec2-bundle-vol --batch -d /mnt
ec2-upload-bundle --acl public-read --location eu-west-1 -b b/pre/fix -m M -a AK -s SK
ec2-migrate-bundle --retry -a AK -s SK -b B -m base -d DEST --location us-west-1
ec2-download-bundle -b B -m M -a AK -s SK --privatekey K -d D --region R
euca-download-bundle -b centos6 -d dir
euca-unbundle -m X -d image -k cloud-pk.pem
euca-delete-bundle -b B -p P
euca-delete-bundle --clear -b B
euca-delete-bundle -b B -m ./X.manifest.xml
uec-publish-image -v --name N -l all -k eki-1 amd64 IMG bkt
cloud-publish-tarball -q --use-loader T.tar.gz bkt amd64`

// TestCommandLines: such command lines are understood where no generation is named.
func TestCommandLines(t *testing.T) {
	for line := range strings.SplitSeq(strings.TrimSpace(commandLines), "\n") {
		words := strings.Fields(line)
		tool, ok := compat.Lookup(words[0])
		app := cli.New("test")
		app.Family = tool.Family
		root := newRoot(app)
		leaf, _, err := root.Find([]string{tool.Command})
		if !ok || err != nil || leaf == root {
			t.Errorf("%s: no such command", words[0])
			continue
		}
		call, err := compat.Read(tool, cli.AnyEra, leaf, words[1:])
		if err == nil {
			err = leaf.ParseFlags(call.Words)
		}
		if err != nil {
			t.Errorf("%s\n got %v, want it understood", line, err)
		}
	}
}
