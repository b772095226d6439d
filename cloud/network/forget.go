package network

import (
	"context"
	"database/sql"
	"fmt"
)

// Forget removes the security groups and the elastic addresses of an account that
// is gone, so that others get them. It must have no live instances.
func (s *Service) Forget(ctx context.Context, account string) error {
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		if err := deleteGroups(ctx, tx, `account = ?`, account); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM elastic_addresses WHERE account = ?`, account)
		return err
	})
	if err != nil {
		return fmt.Errorf("security groups and addresses of %s: %w", account, err)
	}
	return nil
}
