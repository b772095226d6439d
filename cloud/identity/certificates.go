package identity

import (
	"context"
	"crypto/sha1"
	"crypto/x509"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"
)

// Certificates are the active certificates against which a bundle signed by
// the account may verify: its own, and for an administrator those of every
// account, as Eucalyptus has it.
func (s *Service) Certificates(ctx context.Context, account string) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT pem FROM certificates
			WHERE active AND (account = ?1 OR EXISTS (SELECT 1 FROM accounts WHERE id = ?1 AND admin))
			ORDER BY created, fingerprint`, account)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				return err
			}
			cert, err := parseCertificate([]byte(text))
			if err != nil {
				return err
			}
			certs = append(certs, cert)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("certificates of account %s: %w", account, err)
	}
	return certs, nil
}

// addCertificate makes the cloud accept what the certificate's key signs.
func (s *Service) addCertificate(ctx context.Context, account string, cert *x509.Certificate) error {
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO certificates (fingerprint, account, pem, created)
			VALUES (?, ?, ?, ?)`, fingerprint(cert), account, string(encodeCertificate(cert)), time.Now().UnixMilli())
		return err
	})
}

// hasCertificate reports whether the certificate is an active one of the account.
func (s *Service) hasCertificate(ctx context.Context, account string, cert *x509.Certificate) (has bool, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM certificates
			WHERE fingerprint = ? AND account = ? AND active)`, fingerprint(cert), account).Scan(&has)
	})
	return has, err
}

func fingerprint(cert *x509.Certificate) string {
	sum := sha1.Sum(cert.Raw)
	return hex.EncodeToString(sum[:])
}
