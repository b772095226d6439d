package images

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"

	"emikit/cloud/caller"
)

// maxProductCodes is how many product codes an image may have. Each instance
// shows them all in its metadata.
const maxProductCodes = 16

// isProductCode keeps product codes to what may stand on a line of an instance's
// metadata.
func isProductCode(code string) bool {
	const longest = 64
	return code != "" && len(code) <= longest && strings.Trim(code, alphanumeric+"._:-") == ""
}

// Attributes are what only its owner and administrators may know of an image,
// besides what a listing shows.
type Attributes struct {
	Image
	Permissions Permissions
}

// Attributes returns the attributes of an image.
func (s *Service) Attributes(ctx context.Context, who caller.Caller, id string) (Attributes, error) {
	r, err := s.owned(ctx, who, id, "read its attributes")
	if err != nil {
		return Attributes{}, err
	}
	accounts, err := s.permitted(ctx, r.ID)
	return Attributes{r.Image, Permissions{Public: r.Public, Accounts: accounts}}, err
}

// Redescribe changes the description of an image.
func (s *Service) Redescribe(ctx context.Context, who caller.Caller, id, description string) error {
	if err := checkDescription(description); err != nil {
		return err
	}
	r, err := s.owned(ctx, who, id, "change its description")
	if err != nil {
		return err
	}
	return s.config.DB.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE images SET description = ? WHERE id = ? AND state <> ?`,
			description, r.ID, StateDeregistered)
		return err
	})
}

// AddProductCodes gives an image further product codes, which its instances will
// have too. There is no way to take one off, as with EC2.
func (s *Service) AddProductCodes(ctx context.Context, who caller.Caller, id string, codes []string) error {
	for _, code := range codes {
		if !isProductCode(code) {
			return refuse(ErrParameter, "A product code has 1 to 64 letters, digits, '.', '_', ':' and '-'; %q has not", shorten(code))
		}
	}
	r, err := s.owned(ctx, who, id, "give it product codes")
	if err != nil {
		return err
	}
	return s.config.DB.Update(ctx, func(tx *sql.Tx) error { return addProductCodes(ctx, tx, r.ID, codes) })
}

func addProductCodes(ctx context.Context, tx *sql.Tx, id string, codes []string) error {
	var text []byte
	err := tx.QueryRowContext(ctx, `SELECT product_codes FROM images WHERE id = ?`, id).Scan(&text)
	if err != nil {
		return err
	}
	var all []string
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	for _, code := range codes {
		if !slices.Contains(all, code) {
			all = append(all, code)
		}
	}
	if len(all) > maxProductCodes {
		return refuse(ErrParameter, "An image has at most %d product codes", maxProductCodes)
	}
	if text, err = json.Marshal(list(all)); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE images SET product_codes = ? WHERE id = ? AND state <> ?`,
		string(text), id, StateDeregistered)
	return err
}
