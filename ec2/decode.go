package ec2

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Limits on a request, whatever it asks. EC2 takes up to 1000 ids at once.
const (
	maxParameters = 4096
	maxNameLength = 256
	maxNameDepth  = 8
)

// Envelope says what is asked and in which dialect.
type Envelope struct {
	Action  string
	Version string // empty when the client did not say
}

// isEnvelope knows the parameters that belong to the exchange and not to the
// action: naming, signing (versions 1, 2 and 4) and dating it.
func isEnvelope(name string) bool {
	switch name {
	case "Action", "Operation", "Version",
		"AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SecurityToken", "Timestamp", "Expires",
		"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
		"X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Security-Token":
		return true
	}
	return false
}

// ParseEnvelope reads what is common to all requests. Eucalyptus takes
// Operation for Action.
func ParseEnvelope(form url.Values) Envelope {
	action := form.Get("Action")
	if action == "" {
		action = form.Get("Operation")
	}
	return Envelope{Action: action, Version: form.Get("Version")}
}

// UnknownParameterError names parameters that an action does not take.
type UnknownParameterError struct{ Names []string }

func (e *UnknownParameterError) Error() string {
	return "unknown parameter: " + strings.Join(e.Names, ", ")
}

// InvalidParameterError says what is wrong with a parameter's value.
type InvalidParameterError struct{ Name, Reason string }

func (e *InvalidParameterError) Error() string { return e.Name + ": " + e.Reason }

// Decode fills request, a pointer to one of this package's request structs,
// from the parameters of a request. Elements of a list keep the order of their
// numbers, which need not be consecutive; memory is bounded by the number of
// parameters, never by a number in a name. It returns *InvalidParameterError when
// a value does not fit; when all fit, but the action does not take some of the
// parameters, *UnknownParameterError with all of these, and request is filled.
func Decode(form url.Values, request any) error {
	if len(form) > maxParameters {
		return &InvalidParameterError{"request", fmt.Sprintf("more than %d parameters", maxParameters)}
	}
	root := &parameter{}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if isEnvelope(name) {
			continue
		}
		if err := root.add(name, form[name]); err != nil {
			return err
		}
	}
	d := decoder{}
	if err := d.set(root, reflect.ValueOf(request).Elem()); err != nil {
		return err
	}
	if len(d.unknown) > 0 {
		return &UnknownParameterError{d.unknown}
	}
	return nil
}

// parameter is a node in the tree that dotted names form.
type parameter struct {
	name     string // in full
	value    *string
	children map[string]*parameter
}

func (p *parameter) add(name string, values []string) error {
	segments := strings.Split(name, ".")
	if len(name) > maxNameLength || len(segments) > maxNameDepth {
		return &UnknownParameterError{[]string{name[:min(len(name), maxNameLength)]}}
	}
	if len(values) != 1 {
		return &InvalidParameterError{name, "given more than once"}
	}
	for _, segment := range segments {
		p = p.child(segment)
	}
	p.value = &values[0]
	return nil
}

func (p *parameter) child(segment string) *parameter {
	if child, ok := p.children[segment]; ok {
		return child
	}
	if p.children == nil {
		p.children = map[string]*parameter{}
	}
	child := &parameter{name: join(p.name, segment)}
	p.children[segment] = child
	return child
}

// names lists the parameters at and below p.
func (p *parameter) names() []string {
	var names []string
	if p.value != nil {
		names = append(names, p.name)
	}
	for _, segment := range slices.Sorted(maps.Keys(p.children)) {
		names = append(names, p.children[segment].names()...)
	}
	return names
}

// decoder collects the parameters that found no field.
type decoder struct{ unknown []string }

func (d *decoder) set(p *parameter, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Struct:
		return d.setStruct(p, v)
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			return d.setList(p, v)
		}
	}
	if p.value == nil || len(p.children) > 0 {
		d.unknown = append(d.unknown, p.names()...)
		return nil
	}
	return setScalar(p, v)
}

func (d *decoder) setStruct(p *parameter, v reflect.Value) error {
	if p.value != nil {
		d.unknown = append(d.unknown, p.name)
	}
	for _, segment := range slices.Sorted(maps.Keys(p.children)) {
		field, ok := fieldFor(v, segment)
		if !ok {
			d.unknown = append(d.unknown, p.children[segment].names()...)
			continue
		}
		if err := d.set(p.children[segment], field); err != nil {
			return err
		}
	}
	return nil
}

func fieldFor(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("query") == name {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func (d *decoder) setList(p *parameter, v reflect.Value) error {
	if p.value != nil {
		d.unknown = append(d.unknown, p.name)
	}
	elements := make(map[int]*parameter, len(p.children))
	for segment, element := range p.children {
		index, ok := parseIndex(segment)
		if !ok {
			d.unknown = append(d.unknown, element.names()...)
			continue
		}
		elements[index] = element
	}
	list := reflect.MakeSlice(v.Type(), len(elements), len(elements))
	for i, index := range slices.Sorted(maps.Keys(elements)) {
		if err := d.setElement(elements[index], list.Index(i)); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

// setElement refuses an element of which nothing is said: it would not survive
// being encoded again, and it is never what was meant.
func (d *decoder) setElement(p *parameter, v reflect.Value) error {
	unknown := len(d.unknown)
	if err := d.set(p, v); err != nil {
		return err
	}
	if v.IsZero() && len(d.unknown) == unknown {
		return &InvalidParameterError{p.name, "no value"}
	}
	return nil
}

// parseIndex reads a list position: a decimal from 1, written in one way only.
func parseIndex(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err == nil && n > 0 && s[0] != '0'
}

func setScalar(p *parameter, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return setScalar(p, v.Elem())
	case reflect.String:
		v.SetString(*p.value)
	case reflect.Int:
		n, err := strconv.ParseInt(*p.value, 10, 32)
		if err != nil {
			return &InvalidParameterError{p.name, "not an integer"}
		}
		v.SetInt(n)
	case reflect.Bool:
		b, err := parseBool(*p.value)
		if err != nil {
			return &InvalidParameterError{p.name, "neither true nor false"}
		}
		v.SetBool(b)
	case reflect.Slice:
		return setBytes(p, v)
	default:
		panic(fmt.Sprintf("ec2: parameter %s has type %s", p.name, v.Type()))
	}
	return nil
}

// parseBool takes what clients of every language send: true, True, 1.
func parseBool(s string) (bool, error) { return strconv.ParseBool(strings.ToLower(s)) }

func setBytes(p *parameter, v reflect.Value) error {
	if *p.value == "" {
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(*p.value)
	if err != nil {
		return &InvalidParameterError{p.name, "not base64"}
	}
	if len(data) > 0 {
		v.SetBytes(data)
	}
	return nil
}
