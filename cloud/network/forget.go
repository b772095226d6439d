package network

import (
	"context"
	"database/sql"
	"fmt"
)

// Forget removes the security groups of an account that is gone, so that others
// get their networks. It must have no live instances.
func (s *Service) Forget(ctx context.Context, account string) error {
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM security_groups WHERE account = ?`, account)
		return err
	})
	if err != nil {
		return fmt.Errorf("security groups of %s: %w", account, err)
	}
	return nil
}
