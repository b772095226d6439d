package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"emikit/cloud/tags"
	"emikit/ec2"
)

func (h *handler) createTags(ctx context.Context, c call, q *ec2.CreateTagsRequest) (*ec2.ReturnResponse, error) {
	if err := requiredList("ResourceId", q.Resources); err != nil {
		return nil, err
	}
	if len(q.Tags) == 0 {
		return nil, missing("Tag")
	}
	return &ec2.ReturnResponse{Return: true}, tagError(h.Tags.Put(ctx, c.who, q.Resources, askedTags(q.Tags)))
}

func askedTags(asked []ec2.TagRequest) (all []tags.Tag) {
	for _, t := range asked {
		tag := tags.Tag{Key: t.Key}
		if t.Value != nil {
			tag.Value = *t.Value
		}
		all = append(all, tag)
	}
	return all
}

func (h *handler) deleteTags(ctx context.Context, c call, q *ec2.DeleteTagsRequest) (*ec2.ReturnResponse, error) {
	if err := requiredList("ResourceId", q.Resources); err != nil {
		return nil, err
	}
	var matches []tags.Match
	for _, t := range q.Tags {
		matches = append(matches, tags.Match{Key: t.Key, Value: t.Value})
	}
	return &ec2.ReturnResponse{Return: true}, tagError(h.Tags.Remove(ctx, c.who, q.Resources, matches))
}

// tagError gives the error of something that is not there the code that EC2 has for
// its type.
func tagError(err error) error {
	absent, ok := errors.AsType[*tags.NotFoundError](err)
	if !ok {
		return err
	}
	switch absent.Type {
	case tags.Image:
		return fail(codeImageNotFound, "%v", absent)
	case tags.Instance:
		return fail("InvalidInstanceID.NotFound", "%v", absent)
	case tags.KeyPair:
		return fail("InvalidKeyPair.NotFound", "%v", absent)
	case tags.SecurityGroup:
		return fail("InvalidGroup.NotFound", "%v", absent)
	}
	return fail("InvalidID", "The ID '%.100s' is not valid", absent.ID)
}

func (h *handler) describeTags(ctx context.Context, c call, q *ec2.DescribeTagsRequest) (*ec2.DescribeTagsResponse, error) {
	page, err := paging{action: ec2.ActionDescribeTags, least: 5}.page(q.MaxResults, q.NextToken, nil)
	if err != nil {
		return nil, err
	}
	found, err := h.Tags.List(ctx, c.who, "")
	if err != nil {
		return nil, err
	}
	var rows []ec2.ResourceTag
	for _, t := range found {
		rows = append(rows, ec2.ResourceTag{ResourceID: t.Resource, ResourceType: string(t.Type), Key: t.Key, Value: t.Value})
	}
	ownTag := func(t ec2.ResourceTag) []ec2.Tag { return []ec2.Tag{{Key: t.Key, Value: t.Value}} }
	if rows, err = tagFilters().tagged(q.Filters, ownTag).keep(rows, q.Filters); err != nil {
		return nil, err
	}
	rows, next := take(page, rows, func(t ec2.ResourceTag) position {
		// A key may hold anything, be long, and stand beside others on one thing.
		sum := sha256.Sum256([]byte(t.Key))
		return position{id: t.ResourceID + "/" + hex.EncodeToString(sum[:8])}
	})
	return &ec2.DescribeTagsResponse{Tags: rows, NextToken: next}, nil
}

func tagFilters() filters[ec2.ResourceTag] {
	return filters[ec2.ResourceTag]{
		"key":           one(func(t ec2.ResourceTag) string { return t.Key }),
		"resource-id":   one(func(t ec2.ResourceTag) string { return t.ResourceID }),
		"resource-type": one(func(t ec2.ResourceTag) string { return t.ResourceType }),
		"value":         one(func(t ec2.ResourceTag) string { return t.Value }),
	}
}

// tagPrefix begins the filters for the value of the tag whose key follows.
const tagPrefix = "tag:"

// tagged adds the filters for tags to f: those that every list of tagged things has,
// and those for the keys that are asked for.
func (f filters[T]) tagged(asked []ec2.Filter, of func(T) []ec2.Tag) filters[T] {
	each := func(pick func(ec2.Tag) string) func(T) []string {
		return func(row T) (values []string) {
			for _, t := range of(row) {
				values = append(values, pick(t))
			}
			return values
		}
	}
	f["tag-key"] = each(func(t ec2.Tag) string { return t.Key })
	f["tag-value"] = each(func(t ec2.Tag) string { return t.Value })
	for _, filter := range asked {
		if key, ok := strings.CutPrefix(filter.Name, tagPrefix); ok && key != "" {
			f[filter.Name] = func(row T) []string { return tagValues(of(row), key) }
		}
	}
	return f
}

// tagsOf are the tags that the caller may see on things of one type, by their ids.
func (h *handler) tagsOf(ctx context.Context, c call, of tags.Type) (map[string]ec2.List[ec2.Tag], error) {
	found, err := h.Tags.List(ctx, c.who, of)
	all := map[string]ec2.List[ec2.Tag]{}
	for _, t := range found {
		all[t.Resource] = append(all[t.Resource], ec2.Tag{Key: t.Key, Value: t.Value})
	}
	return all, err
}

// specified are the tags that a request puts on the things of one type that it makes.
// Those for what comes with an instance elsewhere, and here does not, are on nothing.
func specified(asked []ec2.TagSpecification, of tags.Type) ([]tags.Tag, error) {
	var all []ec2.TagRequest
	for _, s := range asked {
		switch s.ResourceType {
		case string(of):
			all = append(all, s.Tags...)
		case "volume", "network-interface", "spot-instances-request", "elastic-gpu", "snapshot":
		case "":
			return nil, missing("TagSpecification.1.ResourceType")
		default:
			return nil, fail(codeInvalidParameter, "'%.100s' is not a valid taggable resource type for this operation.", s.ResourceType)
		}
	}
	found := askedTags(all)
	return found, tags.Check(found)
}

// tagNew puts tags on something of the caller that was made just now.
func (h *handler) tagNew(ctx context.Context, c call, id string, all []tags.Tag) error {
	if len(all) == 0 {
		return nil
	}
	return tagError(h.Tags.Put(ctx, c.who, []string{id}, all))
}

// wireTags are tags as they stand in the answer of the request that made them.
func wireTags(all []tags.Tag) (w ec2.List[ec2.Tag]) {
	for _, t := range all {
		w = append(w, ec2.Tag{Key: t.Key, Value: t.Value})
	}
	return w
}
