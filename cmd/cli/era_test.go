package cli

import "testing"

func TestReadEra(t *testing.T) {
	for _, c := range []struct {
		family  Family
		value   string
		want    Era
		refused bool
	}{
		{EC2, "", AnyEra, false},
		{EC2, "ec2-1.4", EC2v14, false},
		{EC2, "ec2-1.5", EC2v15, false},
		{Euca, "euca-2", Euca2, false},
		{Euca, "euca-3", Euca3, false},
		{Euca, "ec2-1.4", AnyEra, false},
		{Native, "euca-3", AnyEra, false},
		{Euca, "euca-4", AnyEra, true},
		{Native, "3", AnyEra, true},
	} {
		app := &App{Family: c.family, Getenv: func(string) string { return c.value }}
		err := app.ReadEra()
		if app.Era != c.want || (err != nil) != c.refused {
			t.Errorf("%s, %s=%q: got %q, %v, want %q, refused: %v",
				c.family, CompatVariable, c.value, app.Era, err, c.want, c.refused)
		}
	}
}
