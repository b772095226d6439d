package doctor

import (
	"context"
	"time"

	"emikit/config"
	"emikit/ec2"
	"emikit/upload"
)

// How far the time of a request may be from the service's: S3 and EC2 refuse more
// (Amazon S3 API reference, RequestTimeTooSkewed; Amazon EC2 API reference,
// RequestExpired).
const (
	skewS3  = 15 * time.Minute
	skewEC2 = 5 * time.Minute
)

func (e *exam) s3Service() *service {
	s := &service{exam: e, name: "S3", option: "--url", skew: skewS3}
	s.find = func() (config.Endpoint, error) { return e.config.S3() }
	s.refusal = func(err error) (refusal, bool) {
		return asRefusal(err, func(r *upload.Error) refusal { return refusal{r.Code, r.Status} })
	}
	region := ""
	s.open = func() (err error) {
		e.s3Endpoint = s.endpoint
		c := e.r.Store
		c.Endpoint, c.Region, c.Credentials = s.endpoint.URL, s.endpoint.Region, e.signing()
		c.RootCAs, c.InsecureSkipVerify = s.roots, s.any
		if c.Retries == 0 {
			c.Retries = -1 // somebody waits
		}
		e.store, err = upload.Open(c)
		return err
	}
	s.probe = func(ctx context.Context) (time.Time, error) {
		seen, err := e.store.Probe(ctx)
		region, e.buckets, e.mayList = seen.Region, seen.Buckets, err == nil
		return seen.Date, err
	}
	s.accepted = func() verdict {
		if region != s.endpoint.Region {
			return warn("set AWS_DEFAULT_REGION="+region, "%s is accepted, for region %s; %s is configured", e.keys.AccessKey, region, s.endpoint.Region)
		}
		return ok("%s is accepted; buckets: %d", e.keys.AccessKey, len(e.buckets))
	}
	return s
}

func (e *exam) ec2Service() *service {
	s := &service{exam: e, name: "EC2", option: "--ec2-url", skew: skewEC2}
	s.find = func() (config.Endpoint, error) { return e.config.EC2() }
	s.refusal = func(err error) (refusal, bool) {
		return asRefusal(err, func(r *ec2.Error) refusal { return refusal{r.Code, r.Status} })
	}
	var client *ec2.Client
	s.open = func() (err error) {
		c := e.r.Client
		c.Endpoint, c.Region, c.Credentials = s.endpoint.URL, s.endpoint.Region, e.signing()
		c.RootCAs, c.InsecureSkipVerify = s.roots, s.any
		client, err = ec2.NewClient(c)
		return err
	}
	s.probe = func(ctx context.Context) (time.Time, error) { return client.Probe(ctx) }
	s.accepted = func() verdict { return ok("%s is accepted", e.keys.AccessKey) }
	return s
}
