package ec2

import "context"

// Actions on tags.
const (
	ActionCreateTags   = "CreateTags"
	ActionDeleteTags   = "DeleteTags"
	ActionDescribeTags = "DescribeTags"
)

// The types of what can be tagged.
const (
	ResourceImage         = "image"
	ResourceInstance      = "instance"
	ResourceKeyPair       = "key-pair"
	ResourceSecurityGroup = "security-group"
)

// TagRequest is a tag to put on something or to take off it. Without a value a tag
// is empty where it is put on, and is taken off whatever its value is.
type TagRequest struct {
	Key   string  `query:"Key"`
	Value *string `query:"Value"`
}

// TagSpecification puts tags on what a request makes.
type TagSpecification struct {
	ResourceType string       `query:"ResourceType"`
	Tags         []TagRequest `query:"Tag"`
}

// CreateTagsRequest puts tags on things, in the place of those with the same keys.
type CreateTagsRequest struct {
	Resources []string     `query:"ResourceId"`
	Tags      []TagRequest `query:"Tag"`
	DryRun    bool         `query:"DryRun"`
}

// DeleteTagsRequest takes tags off things; without Tags all of them.
type DeleteTagsRequest struct {
	Resources []string     `query:"ResourceId"`
	Tags      []TagRequest `query:"Tag"`
	DryRun    bool         `query:"DryRun"`
}

// DescribeTagsRequest lists tags. A paging client sends MaxResults and NextToken.
type DescribeTagsRequest struct {
	Filters    []Filter `query:"Filter"`
	MaxResults *int     `query:"MaxResults"`
	NextToken  string   `query:"NextToken"`
	DryRun     bool     `query:"DryRun"`
}

// DescribeTagsResponse lists tags.
type DescribeTagsResponse struct {
	ResponseMetadata
	Tags      List[ResourceTag] `xml:"tagSet" json:"Tags"`
	NextToken string            `xml:"nextToken,omitempty" json:"NextToken,omitempty"`
}

// ResourceTag is a tag with what it is on.
type ResourceTag struct {
	ResourceID   string `xml:"resourceId" json:"ResourceId"`
	ResourceType string `xml:"resourceType" json:"ResourceType"`
	Key          string `xml:"key" json:"Key"`
	Value        string `xml:"value" json:"Value"`
}

// CreateTags puts tags on things.
func (c *Client) CreateTags(ctx context.Context, in *CreateTagsRequest) (*ReturnResponse, error) {
	return call[ReturnResponse](ctx, c, ActionCreateTags, in)
}

// DeleteTags takes tags off things.
func (c *Client) DeleteTags(ctx context.Context, in *DeleteTagsRequest) (*ReturnResponse, error) {
	return call[ReturnResponse](ctx, c, ActionDeleteTags, in)
}

// AllTags lists tags as DescribeTags does, over all pages of the list.
func (c *Client) AllTags(ctx context.Context, in *DescribeTagsRequest) (*DescribeTagsResponse, error) {
	return allPages[DescribeTagsResponse](ctx, c, ActionDescribeTags, in, maxListing)
}

func (r *DescribeTagsResponse) next() *string { return &r.NextToken }

func (r *DescribeTagsResponse) add(page *DescribeTagsResponse) { r.Tags = append(r.Tags, page.Tags...) }
