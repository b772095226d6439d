package ec2

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
)

// Encode flattens a request, one of this package's request structs or a
// pointer to one, into the parameters of the EC2 Query protocol: nested fields
// are joined with dots, elements of a list are numbered from 1. Zero values are
// left out; an explicit false or 0 is sent where the field is a pointer.
func Encode(request any) url.Values {
	form := url.Values{}
	encodeValue(form, "", reflect.Indirect(reflect.ValueOf(request)))
	return form
}

// encodeValue panics on a field type that has no form on the wire: that is a
// mistake in a request type, which TestRequestTypes would show.
func encodeValue(form url.Values, name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Field(i); !field.IsZero() {
				encodeValue(form, join(name, v.Type().Field(i).Tag.Get("query")), field)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			if v.Len() > 0 {
				form.Set(name, base64.StdEncoding.EncodeToString(v.Bytes()))
			}
			return
		}
		for i := range v.Len() {
			encodeValue(form, join(name, strconv.Itoa(i+1)), v.Index(i))
		}
	case reflect.Pointer:
		encodeValue(form, name, v.Elem())
	case reflect.String:
		form.Set(name, v.String())
	case reflect.Int:
		form.Set(name, strconv.FormatInt(v.Int(), 10))
	case reflect.Bool:
		form.Set(name, strconv.FormatBool(v.Bool()))
	default:
		panic(fmt.Sprintf("ec2: parameter %s has type %s", name, v.Type()))
	}
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}
