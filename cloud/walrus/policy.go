package walrus

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// uploadPolicy is what a signed policy allows a form to upload (Amazon S3 API
// reference, "POST Policy").
type uploadPolicy struct {
	expiration time.Time
	conditions []condition
	// least and most are how many bytes the file may have.
	least, most int64
}

// condition is about one field of the form.
type condition struct {
	field  string // lower case
	prefix bool   // the value only has to begin so
	value  string
}

func badPolicy(format string, args ...any) error {
	return &fault{http.StatusBadRequest, "InvalidPolicyDocument", "Invalid Policy: " + fmt.Sprintf(format, args...)}
}

func againstPolicy(format string, args ...any) error {
	return &fault{http.StatusForbidden, "AccessDenied", "Invalid according to Policy: " + fmt.Sprintf(format, args...)}
}

// parsePolicy reads the field of the form, in base64. What it does not
// understand of a policy it refuses: the signer meant something by it.
func parsePolicy(encoded string) (uploadPolicy, error) {
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return uploadPolicy{}, badPolicy("it is not in base64.")
	}
	var document struct {
		Expiration string
		Conditions []json.RawMessage
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&document); err != nil {
		return uploadPolicy{}, badPolicy("Invalid JSON.")
	}
	if _, err := d.Token(); err != io.EOF {
		return uploadPolicy{}, badPolicy("something follows the JSON.")
	}
	p := uploadPolicy{most: math.MaxInt64}
	if p.expiration, err = time.Parse(time.RFC3339, document.Expiration); err != nil {
		return uploadPolicy{}, badPolicy("its expiration is not an ISO 8601 time.")
	}
	if document.Conditions == nil {
		return uploadPolicy{}, badPolicy("it has no conditions.")
	}
	for _, c := range document.Conditions {
		if err := p.add(c); err != nil {
			return uploadPolicy{}, err
		}
	}
	return p, nil
}

// add reads one condition, which has two forms: {"FIELD": "VALUE"} and
// ["OPERATOR", "$FIELD", "VALUE"].
func (p *uploadPolicy) add(text json.RawMessage) error {
	var exact map[string]string
	if err := json.Unmarshal(text, &exact); err == nil && len(exact) > 0 {
		for field, value := range exact {
			p.conditions = append(p.conditions, condition{field: strings.ToLower(field), value: value})
		}
		return nil
	}
	var list []any
	if err := json.Unmarshal(text, &list); err != nil || len(list) != 3 {
		return badPolicy("Invalid Conditions.")
	}
	operator, _ := list[0].(string)
	switch operator = strings.ToLower(operator); operator {
	case "content-length-range":
		least, ok := byteCount(list[1])
		most, ok2 := byteCount(list[2])
		if !ok || !ok2 {
			return badPolicy("content-length-range needs two numbers of bytes.")
		}
		p.least, p.most = max(p.least, least), min(p.most, most)
		return nil
	case "eq", "starts-with":
		field, ok := list[1].(string)
		name, dollar := strings.CutPrefix(field, "$")
		value, ok2 := list[2].(string)
		if !ok || !dollar || !ok2 {
			return badPolicy("%s needs a $FIELD and a text.", operator)
		}
		p.conditions = append(p.conditions, condition{strings.ToLower(name), operator == "starts-with", value})
		return nil
	}
	return badPolicy("%.40q is no operator.", operator)
}

// byteCount reads a whole number, which some clients write as a text.
func byteCount(v any) (int64, bool) {
	switch v := v.(type) {
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil && n >= 0
	case float64:
		return int64(v), v >= 0 && v <= 1<<53 && v == math.Trunc(v)
	}
	return 0, false
}

// check holds the fields of a form, by lower-case names and with that of the
// bucket, against the policy. Each must be covered by a condition, but for those
// that are about the signature, and those that are to be ignored.
func (p uploadPolicy) check(fields map[string]string, now time.Time) error {
	if now.After(p.expiration) {
		return againstPolicy("Policy expired.")
	}
	covered := map[string]bool{}
	for _, c := range p.conditions {
		covered[c.field] = true
		if !c.holds(fields) {
			return againstPolicy("Policy Condition failed: %s", c)
		}
	}
	for name := range fields {
		if !covered[name] && !uncovered(name) {
			return againstPolicy("Extra input fields: %.100s", name)
		}
	}
	return nil
}

// holds reports whether the condition does. A list of content types must begin
// so in each.
func (c condition) holds(fields map[string]string) bool {
	value, there := fields[c.field]
	switch {
	case !c.prefix:
		return there && value == c.value
	case c.field == "content-type":
		for one := range strings.SplitSeq(value, ",") {
			if !strings.HasPrefix(strings.TrimSpace(one), c.value) {
				return false
			}
		}
		return there
	}
	return there && strings.HasPrefix(value, c.value)
}

func (c condition) String() string {
	operator := "eq"
	if c.prefix {
		operator = "starts-with"
	}
	return fmt.Sprintf("[%q, %.100q, %.100q]", operator, "$"+c.field, c.value)
}

// uncovered reports whether a field needs no condition.
func uncovered(name string) bool {
	switch name {
	case "awsaccesskeyid", "signature", "x-amz-signature", "policy", "file", "submit":
		return true
	}
	return strings.HasPrefix(name, "x-ignore-")
}
