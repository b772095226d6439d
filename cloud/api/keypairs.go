package api

import (
	"context"

	"emikit/cloud/tags"
	"emikit/ec2"
)

func (h *handler) createKeyPair(ctx context.Context, c call, q *ec2.CreateKeyPairRequest) (*ec2.CreateKeyPairResponse, error) {
	if err := required("KeyName", q.KeyName); err != nil {
		return nil, err
	}
	wanted, err := specified(q.TagSpecifications, tags.KeyPair)
	if err != nil {
		return nil, err
	}
	pair, private, err := h.Identity.CreateKeyPair(ctx, c.who, q.KeyName)
	if err == nil {
		err = h.tagNew(ctx, c, pair.ID, wanted)
	}
	return &ec2.CreateKeyPairResponse{
		KeyName: pair.Name, Fingerprint: pair.Fingerprint, KeyMaterial: private, KeyPairID: pair.ID, Tags: wireTags(wanted),
	}, err
}

func (h *handler) importKeyPair(ctx context.Context, c call, q *ec2.ImportKeyPairRequest) (*ec2.ImportKeyPairResponse, error) {
	if err := required("KeyName", q.KeyName); err != nil {
		return nil, err
	}
	if err := required("PublicKeyMaterial", string(q.PublicKey)); err != nil {
		return nil, err
	}
	wanted, err := specified(q.TagSpecifications, tags.KeyPair)
	if err != nil {
		return nil, err
	}
	pair, err := h.Identity.ImportKeyPair(ctx, c.who, q.KeyName, q.PublicKey)
	if err == nil {
		err = h.tagNew(ctx, c, pair.ID, wanted)
	}
	return &ec2.ImportKeyPairResponse{KeyName: pair.Name, Fingerprint: pair.Fingerprint, KeyPairID: pair.ID, Tags: wireTags(wanted)}, err
}

func (h *handler) deleteKeyPair(ctx context.Context, c call, q *ec2.DeleteKeyPairRequest) (*ec2.ReturnResponse, error) {
	if err := required("KeyName", q.KeyName); err != nil {
		return nil, err
	}
	return &ec2.ReturnResponse{Return: true}, h.Identity.DeleteKeyPair(ctx, c.who, q.KeyName)
}

func (h *handler) describeKeyPairs(ctx context.Context, c call, q *ec2.DescribeKeyPairsRequest) (*ec2.DescribeKeyPairsResponse, error) {
	found, err := h.Identity.KeyPairs(ctx, c.who, q.KeyNames...)
	if err != nil {
		return nil, err
	}
	tagged, err := h.tagsOf(ctx, c, tags.KeyPair)
	if err != nil {
		return nil, err
	}
	response := &ec2.DescribeKeyPairsResponse{}
	for _, k := range found {
		response.KeyPairs = append(response.KeyPairs, ec2.KeyPair{ID: k.ID, Name: k.Name, Fingerprint: k.Fingerprint, Tags: tagged[k.ID]})
	}
	response.KeyPairs, err = keyPairFilters().tagged(q.Filters, keyPairTags).keep(response.KeyPairs, q.Filters)
	return response, err
}

func keyPairTags(k ec2.KeyPair) []ec2.Tag { return k.Tags }

func keyPairFilters() filters[ec2.KeyPair] {
	return filters[ec2.KeyPair]{
		"fingerprint": one(func(k ec2.KeyPair) string { return k.Fingerprint }),
		"key-name":    one(func(k ec2.KeyPair) string { return k.Name }),
		"key-pair-id": one(func(k ec2.KeyPair) string { return k.ID }),
	}
}
