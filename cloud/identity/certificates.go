package identity

import (
	"context"
	"crypto/sha1"
	"crypto/x509"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
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

// maxCertificates bounds to how many active certificates one may be added: a
// registration may try the signature with each.
const maxCertificates = 32

// Certificate is an account's certificate as the cloud knows it.
type Certificate struct {
	Fingerprint string // SHA-1 of the DER form, lower-case hex
	Active      bool   // false: it was revoked
	Added       time.Time
	*x509.Certificate
}

// OwnCertificates lists an account's certificates, also the revoked ones, the
// oldest first.
func (s *Service) OwnCertificates(ctx context.Context, account string) (all []Certificate, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT fingerprint, active, created, pem FROM certificates
			WHERE account = ? ORDER BY created, rowid`, account)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			c, err := scanCertificate(rows)
			if err != nil {
				return err
			}
			all = append(all, c)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("certificates of account %s: %w", account, err)
	}
	return all, nil
}

func scanCertificate(rows *sql.Rows) (c Certificate, err error) {
	var (
		added int64
		text  string
	)
	if err := rows.Scan(&c.Fingerprint, &c.Active, &added, &text); err != nil {
		return c, err
	}
	c.Added = time.UnixMilli(added)
	c.Certificate, err = parseCertificate([]byte(text))
	return c, err
}

// AddCertificate makes the cloud accept what the key of a user's own certificate
// signs. The text is PEM. The error is ErrBadCertificate, with the reason, for
// what is not one certificate for an RSA key of 1024 to 8192 bits;
// ErrCertificateTaken for that of another account. One that was revoked is
// accepted again.
func (s *Service) AddCertificate(ctx context.Context, account string, text []byte) (Certificate, error) {
	cert, err := parseUserCertificate(text)
	if err != nil {
		return Certificate{}, err
	}
	return s.insertCertificate(ctx, account, cert, maxCertificates)
}

// RevokeCertificate makes the cloud refuse what the certificate's key signs, from
// now on. It stays listed. The error is ErrNoSuchCertificate when the account has
// none of that fingerprint, which may have colons and upper-case digits.
func (s *Service) RevokeCertificate(ctx context.Context, account, print string) error {
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, "UPDATE certificates SET active = 0 WHERE fingerprint = ? AND account = ?",
			strings.ToLower(strings.ReplaceAll(print, ":", "")), account)
		return oneRow(done, err, ErrNoSuchCertificate)
	})
	if err != nil {
		return fmt.Errorf("certificate %.60q: %w", print, err)
	}
	return nil
}

// insertCertificate makes the cloud accept what the certificate's key signs, unless
// the account has most active ones already.
func (s *Service) insertCertificate(ctx context.Context, account string, cert *x509.Certificate, most int) (Certificate, error) {
	c := Certificate{fingerprint(cert), true, time.Now().Truncate(time.Millisecond), cert}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		if err := checkCertificateRoom(ctx, tx, account, c.Fingerprint, most); err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, `INSERT INTO certificates (fingerprint, account, pem, created)
			SELECT ?, id, ?, ? FROM accounts WHERE id = ? AND NOT removed
			ON CONFLICT (fingerprint) DO UPDATE SET active = 1 WHERE account = excluded.account`,
			c.Fingerprint, string(encodeCertificate(cert)), c.Added.UnixMilli(), account)
		return oneRow(done, err, ErrNoSuchAccount)
	})
	if err != nil {
		return Certificate{}, fmt.Errorf("certificate %s: %w", c.Fingerprint, err)
	}
	return c, nil
}

// checkCertificateRoom refuses a certificate that another account has, and one
// more than an account may have.
func checkCertificateRoom(ctx context.Context, tx *sql.Tx, account, print string, most int) error {
	var taken bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM certificates
		WHERE fingerprint = ? AND account <> ?)`, print, account).Scan(&taken)
	if err == nil && taken {
		err = ErrCertificateTaken
	}
	if err != nil {
		return err
	}
	var others int
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM certificates
		WHERE account = ? AND fingerprint <> ? AND active`, account, print).Scan(&others)
	if err == nil && others >= most {
		err = fmt.Errorf("%w, %d", ErrTooManyCertificates, most)
	}
	return err
}

// activeFingerprints lists those of an account's own certificates that are
// accepted, the newest first.
func (s *Service) activeFingerprints(ctx context.Context, account string) ([]string, error) {
	all, err := s.OwnCertificates(ctx, account)
	var prints []string
	for _, c := range slices.Backward(all) {
		if c.Active {
			prints = append(prints, c.Fingerprint)
		}
	}
	return prints, err
}

func fingerprint(cert *x509.Certificate) string {
	sum := sha1.Sum(cert.Raw)
	return hex.EncodeToString(sum[:])
}
