package identity

import (
	"bytes"
	"strings"
	"text/template"
)

// eucarc is what the file of that name tells a shell: the variables and aliases
// of Eucalyptus 1.4 to 3 that tools for bundling and for EC2 read.
type eucarc struct {
	Dir     string // where the file is written, absolute
	Account string
	Pair    string // base name of the user's key and certificate
	Key     AccessKey
	At      Endpoints
}

func (e eucarc) text() ([]byte, error) {
	t, err := template.New("eucarc").Funcs(template.FuncMap{"quote": quote}).Parse(eucarcText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, e)
	return b.Bytes(), err
}

// quote makes any text one word of a Bourne shell.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// eucarcText finds its folder by itself, so that the folder can be copied to
// another place or machine: bash has the file's name in BASH_SOURCE, zsh in $0.
// In a shell that has it nowhere, and for a link to the file, the place where
// the file was written is taken. The aliases keep their variables unexpanded
// until they are used, whatever characters those hold; the real ec2-ami-tools
// need them, as they read no environment.
const eucarcText = `# Written by emikit cloud; to use these credentials: source eucarc
EUCA_KEY_DIR=$(CDPATH= cd -P -- "$(dirname -- "${BASH_SOURCE:-$0}")" && pwd -P)
[ -f "$EUCA_KEY_DIR"/{{quote .Pair}}-pk.pem ] || EUCA_KEY_DIR={{quote .Dir}}
export EC2_URL={{quote .At.EC2}}
export S3_URL={{quote .At.S3}}
export EC2_PRIVATE_KEY="$EUCA_KEY_DIR"/{{quote .Pair}}-pk.pem
export EC2_CERT="$EUCA_KEY_DIR"/{{quote .Pair}}-cert.pem
export EUCALYPTUS_CERT="$EUCA_KEY_DIR"/cloud-cert.pem
export EC2_USER_ID={{quote .Account}}
export EC2_ACCOUNT_NUMBER={{quote .Account}}
export EC2_ACCESS_KEY={{quote .Key.ID}}
export EC2_SECRET_KEY={{quote .Key.Secret}}
export AWS_ACCESS_KEY="$EC2_ACCESS_KEY"
export AWS_SECRET_KEY="$EC2_SECRET_KEY"
export AWS_ACCESS_KEY_ID="$EC2_ACCESS_KEY"
export AWS_SECRET_ACCESS_KEY="$EC2_SECRET_KEY"
export AWS_ENDPOINT_URL_EC2="$EC2_URL"
export AWS_ENDPOINT_URL_S3="$S3_URL"
# A token left over from other credentials would make these invalid.
unset AWS_SESSION_TOKEN
alias ec2-bundle-image='ec2-bundle-image --cert "$EC2_CERT" --privatekey "$EC2_PRIVATE_KEY" --user "$EC2_USER_ID" --ec2cert "$EUCALYPTUS_CERT"'
alias ec2-upload-bundle='ec2-upload-bundle -a "$EC2_ACCESS_KEY" -s "$EC2_SECRET_KEY" --url "$S3_URL" --ec2cert "$EUCALYPTUS_CERT"'
`
