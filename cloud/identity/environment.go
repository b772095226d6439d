package identity

import (
	"context"
	"path/filepath"
)

// Environment is what sourcing the eucarc file that [Service.WriteCredentials]
// wrote in dir sets, for a program that wants the same without a shell.
func (s *Service) Environment(ctx context.Context, account, dir string, at Endpoints) (map[string]string, error) {
	owner, err := s.Account(ctx, account)
	if err != nil {
		return nil, err
	}
	key, err := s.accessKey(ctx, account)
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	base, err := s.userPair(ctx, owner, dir)
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"EC2_URL":         at.EC2,
		"S3_URL":          at.S3,
		"EC2_PRIVATE_KEY": filepath.Join(dir, base+keySuffix),
		"EC2_CERT":        filepath.Join(dir, base+certSuffix),
		"EUCALYPTUS_CERT": filepath.Join(dir, cloudCertName),
		"EC2_USER_ID":     owner.ID,
		"EC2_ACCESS_KEY":  key.ID,
		"EC2_SECRET_KEY":  key.Secret,
	}, nil
}
