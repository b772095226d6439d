package manifest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// document is a small good manifest, in a foreign hand: double quotes, spaces
// between elements, parts out of order.
const document = `<?xml version="1.0" encoding="utf-8"?>
<manifest>
  <version>2007-10-10</version>
  <machine_configuration>
    <architecture> x86_64 </architecture>
  </machine_configuration>
  <image>
    <name>disk.img</name>
    <user>123456789012</user>
    <digest algorithm="sha1">00ABCDEF00000000000000000000000000000001</digest>
    <size>10</size><bundled_size>
      32
    </bundled_size>
    <ec2_encrypted_key algorithm="AES-128-CBC">00FF</ec2_encrypted_key>
    <user_encrypted_key algorithm="AES-128-CBC"/>
    <parts count="2">
      <part index="1"><filename>p1</filename><digest algorithm="SHA1">0000000000000000000000000000000000000002</digest></part>
      <part index="0"><filename>p0</filename><digest>0000000000000000000000000000000000000003</digest></part>
    </parts>
  </image>
  <signature></signature>
</manifest>
`

func TestForeignHand(t *testing.T) {
	m, err := Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	want := &Manifest{
		Version: Version, Arch: "x86_64", Name: "disk.img", User: "123456789012", Kind: KindMachine,
		Digest: Digest{0, 0xab, 0xcd, 0xef, 19: 1}, Size: 10, BundledSize: 32, CloudKey: []byte{0, 0xff},
		Parts: []Part{{0, "p0", Digest{19: 3}}, {1, "p1", Digest{19: 2}}},
	}
	if diff := cmp.Diff(want, m, ignoreSignature...); diff != "" {
		t.Error(diff)
	}
	start, end := strings.Index(document, "<machine_configuration>"), strings.Index(document, "\n  <image>")
	if !strings.HasPrefix(string(m.signed), document[start:end]+"<image>\n") {
		t.Errorf("signed bytes are not those of the document: %.200q", m.signed)
	}
}

// TestParseAccepts spoils nothing: each change leaves a manifest that readers
// agree on.
func TestParseAccepts(t *testing.T) {
	tests := map[string][2]string{
		"byte order mark":         {`<?xml version="1.0"`, "\ufeff" + `<?xml version="1.0"`},
		"no declaration":          {`<?xml version="1.0" encoding="utf-8"?>`, ""},
		"ASCII":                   {"utf-8", "US-ASCII"},
		"unsigned by name":        {"<signature></signature>", "<signature> UNSIGNED </signature>"},
		"no signature":            {"<signature></signature>", ""},
		"no count":                {` count="2"`, ""},
		"unknown element":         {"<size>", "<colour>red</colour><size>"},
		"unknown attribute":       {"<size>", `<size unit="byte">`},
		"older version":           {"2007-10-10", "2007-08-29"},
		"older version, undashed": {"2007-10-10", "20070829"},
		"largest size":            {"<size>10<", "<size>9223372036854775807<"},
		"name with spaces":        {">disk.img<", "> disk image <"},
		"name in other letters":   {">disk.img<", ">образ.img<"},
		"character reference":     {">disk.img<", ">&#x64;isk.img<"},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse(spoil(t, change)); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestHostile changes one thing in a good manifest, and names the error.
func TestHostile(t *testing.T) {
	const image = "<image><name>evil</name></image>"
	tests := map[string]struct {
		change [2]string
		want   error
	}{
		"empty":                         {[2]string{document, ""}, ErrSyntax},
		"not XML":                       {[2]string{document, "\x1f\x8b\x08"}, ErrSyntax},
		"other root":                    {[2]string{document, "<html></html>"}, ErrSyntax},
		"cut off":                       {[2]string{"</manifest>", ""}, ErrSyntax},
		"second root":                   {[2]string{"</manifest>", "</manifest><manifest></manifest>"}, ErrSyntax},
		"text after the end":            {[2]string{"</manifest>", "</manifest>x"}, ErrSyntax},
		"crossed tags":                  {[2]string{"</image>", "</images>"}, ErrSyntax},
		"unknown entity":                {[2]string{">disk.img<", ">&name;<"}, ErrSyntax},
		"not UTF-8":                     {[2]string{">disk.img<", ">\xff<"}, ErrSyntax},
		"control character":             {[2]string{">disk.img<", ">\x01<"}, ErrSyntax},
		"duplicate attribute":           {[2]string{`index="1"`, `index="1" index="2"`}, ErrSyntax},
		"many attributes":               {[2]string{"<size>", "<size " + attributes(9) + ">"}, ErrForbidden},
		"DOCTYPE":                       {[2]string{"<manifest>", "<!DOCTYPE manifest []><manifest>"}, ErrForbidden},
		"entity bomb":                   {[2]string{"<manifest>", `<!DOCTYPE m [<!ENTITY a "b">]><manifest>`}, ErrForbidden},
		"comment":                       {[2]string{"<image>", "<!-- <image> --><image>"}, ErrForbidden},
		"comment in a name":             {[2]string{">disk.img<", ">disk<!-- -->.img<"}, ErrForbidden},
		"processing instruction":        {[2]string{"<image>", "<?image <image>?><image>"}, ErrForbidden},
		"second declaration":            {[2]string{"<image>", "<?xml version='1.0'?><image>"}, ErrForbidden},
		"CDATA":                         {[2]string{">disk.img<", "><![CDATA[disk.img]]><"}, ErrForbidden},
		"CDATA with a section":          {[2]string{"<image>", "<![CDATA[" + image + "]]><image>"}, ErrForbidden},
		"namespace":                     {[2]string{"<image>", `<image xmlns="urn:x">`}, ErrForbidden},
		"empty namespace":               {[2]string{"<image>", `<image xmlns="">`}, ErrForbidden},
		"prefix":                        {[2]string{"<size>", `<size x:unit="1">`}, ErrForbidden},
		"prefixed section":              {[2]string{"<size>", "<x:image></x:image><size>"}, ErrForbidden},
		"encoding":                      {[2]string{"utf-8", "utf-16"}, ErrForbidden},
		"text beside elements":          {[2]string{"<size>", "text<size>"}, ErrForbidden},
		"text after elements":           {[2]string{"</parts>", "text</parts>"}, ErrForbidden},
		"deep":                          {[2]string{"<size>", strings.Repeat("<a>", 20) + "<size>"}, ErrForbidden},
		"two images":                    {[2]string{"<image>", image + "<image>"}, ErrDuplicate},
		"image after image":             {[2]string{"</image>", "</image>" + image}, ErrDuplicate},
		"image in machine_conf…":        {[2]string{"</machine_c", image + "</machine_c"}, ErrDuplicate},
		"image in image":                {[2]string{"<parts", image + "<parts"}, ErrDuplicate},
		"two machine_configurations":    {[2]string{"<image>", "<machine_configuration></machine_configuration><image>"}, ErrDuplicate},
		"two signatures":                {[2]string{"<signature>", "<signature>00</signature><signature>"}, ErrDuplicate},
		"signature in image":            {[2]string{"<size>", "<signature>00</signature><size>"}, ErrDuplicate},
		"image nested in unknown":       {[2]string{"<signature></signature>", "<a><signature></signature></a>"}, ErrForbidden},
		"attribute on image":            {[2]string{"<image>", `<image id="1">`}, ErrForbidden},
		"space in image's start":        {[2]string{"<image>", "<image >"}, ErrForbidden},
		"space in image's end":          {[2]string{"</image>", "</image >"}, ErrForbidden},
		"image end in an attribute":     {[2]string{"<size>", `<size a="</image>">`}, ErrSyntax},
		"no image":                      {[2]string{"image>", "picture>"}, ErrField},
		"no machine_configuration":      {[2]string{"machine_configuration>", "machine>"}, ErrField},
		"no version":                    {[2]string{"<version>2007-10-10</version>", ""}, ErrVersion},
		"version too old":               {[2]string{"2007-10-10", "2"}, ErrVersion},
		"version too new":               {[2]string{"2007-10-10", "2009-01-01"}, ErrVersion},
		"two versions":                  {[2]string{"<version>", "<version>3</version><version>"}, ErrDuplicate},
		"two names":                     {[2]string{"<name>", "<name>x</name><name>"}, ErrDuplicate},
		"two file names":                {[2]string{"<filename>p1", "<filename>x</filename><filename>p1"}, ErrDuplicate},
		"two lists of parts":            {[2]string{"<parts", "<parts></parts><parts"}, ErrDuplicate},
		"element in a name":             {[2]string{">disk.img<", "><b>disk.img</b><"}, ErrField},
		"no name":                       {[2]string{"<name>disk.img</name>", ""}, ErrName},
		"name with a slash":             {[2]string{">disk.img<", ">/etc/passwd<"}, ErrName},
		"name that climbs":              {[2]string{">disk.img<", ">..<"}, ErrName},
		"name with a newline":           {[2]string{">disk.img<", ">a&#10;b<"}, ErrName},
		"long name":                     {[2]string{">disk.img<", ">" + strings.Repeat("x", 256) + "<"}, ErrName},
		"part that climbs":              {[2]string{">p1<", ">../p1<"}, ErrName},
		"part without a name":           {[2]string{"<filename>p1</filename>", ""}, ErrName},
		"long user":                     {[2]string{">123456789012<", ">" + strings.Repeat("1", 2000) + "<"}, ErrField},
		"unknown type":                  {[2]string{"<size>", "<type>floppy</type><size>"}, ErrField},
		"no size":                       {[2]string{"<size>10</size>", ""}, ErrField},
		"negative size":                 {[2]string{"<size>10<", "<size>-10<"}, ErrField},
		"size with a plus":              {[2]string{"<size>10<", "<size>+10<"}, ErrField},
		"size too large":                {[2]string{"<size>10<", "<size>9223372036854775808<"}, ErrField},
		"no digest":                     {[2]string{`<digest algorithm="sha1">00ABCDEF00000000000000000000000000000001</digest>`, ""}, ErrField},
		"digest without a leading zero": {[2]string{">00ABCDEF", ">0ABCDEF"}, ErrField},
		"other hash":                    {[2]string{`"sha1"`, `"SHA256"`}, ErrField},
		"other cipher":                  {[2]string{`<ec2_encrypted_key algorithm="AES-128-CBC"`, `<ec2_encrypted_key algorithm="AES-256-CBC"`}, ErrField},
		"odd envelope":                  {[2]string{">00FF<", ">00F<"}, ErrField},
		"envelope not hex":              {[2]string{">00FF<", ">zz<"}, ErrField},
		"huge envelope":                 {[2]string{">00FF<", ">" + strings.Repeat("0", 1<<16) + "<"}, ErrField},
		"signature not hex":             {[2]string{"<signature>", "<signature>unsigned"}, ErrField},
		"huge signature":                {[2]string{"<signature>", "<signature>" + strings.Repeat("0", 1<<16)}, ErrField},
		"no parts":                      {[2]string{"part ", "piece "}, ErrSyntax},
		"no list of parts":              {[2]string{"parts", "pieces"}, ErrField},
		"count too small":               {[2]string{`count="2"`, `count="1"`}, ErrParts},
		"count huge":                    {[2]string{`count="2"`, `count="4000000000000000000"`}, ErrParts},
		"count negative":                {[2]string{`count="2"`, `count="-1"`}, ErrField},
		"index missing":                 {[2]string{`<part index="1">`, `<part>`}, ErrField},
		"index twice":                   {[2]string{`index="1"`, `index="0"`}, ErrParts},
		"index with a gap":              {[2]string{`index="1"`, `index="2"`}, ErrParts},
		"index negative":                {[2]string{`index="1"`, `index="-1"`}, ErrField},
		"index huge":                    {[2]string{`index="1"`, `index="99999999999"`}, ErrParts},
		"file name twice":               {[2]string{">p1<", ">p0<"}, ErrParts},
		"too large":                     {[2]string{"<manifest>", strings.Repeat(" ", MaxSize) + "<manifest>"}, ErrTooLarge},
		"too many elements":             {[2]string{"<size>", strings.Repeat("<a/>", maxElements) + "<size>"}, ErrForbidden},
		"encrypted":                     {[2]string{document, "\x02\x01\x00"}, ErrEncrypted},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := Parse(spoil(t, test.change))
			wantError(t, err, test.want)
			if err == nil {
				t.Logf("got manifest %+v", m)
			}
		})
	}
}

// spoil replaces change[0] by change[1] everywhere in document.
func spoil(t *testing.T, change [2]string) []byte {
	t.Helper()
	if !strings.Contains(document, change[0]) {
		t.Fatalf("the document does not hold %q", change[0])
	}
	return []byte(strings.ReplaceAll(document, change[0], change[1]))
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d=''", i)
	}
	return b.String()
}

func TestNoListedParts(t *testing.T) {
	start, end := strings.Index(document, "<parts"), strings.Index(document, "</image>")
	_, err := Parse([]byte(document[:start] + "<parts count='0'></parts>" + document[end:]))
	wantError(t, err, ErrParts)
}

func TestTamperedManifest(t *testing.T) {
	good := signed(t, sample(t), userKey(t))
	for _, change := range [][2]string{
		{"x86_64", "i386"}, {"x.part.00", "y.part.00"}, {"<size>3", "<size>4"},
		{"</architecture>", "</architecture> "}, {"index='0'", `index="0"`},
	} {
		bad := bytes.Replace(good, []byte(change[0]), []byte(change[1]), 1)
		m, err := Parse(bad)
		if err != nil {
			t.Fatalf("%q: %v", change, err)
		}
		wantError(t, m.VerifySignature(&userKey(t).PublicKey), ErrBadSignature)
	}
}
