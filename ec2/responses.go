package ec2

import "encoding/xml"

// ResponseMetadata begins every response.
type ResponseMetadata struct {
	// RequestID identifies the exchange in the server's log. Versions of the
	// protocol before 2008-08-08 do not send it.
	RequestID string `xml:"requestId,omitempty" json:"-"`
}

func (m *ResponseMetadata) setRequestID(id string) { m.RequestID = id }

// Response is a pointer to one of this package's response types.
type Response interface{ setRequestID(id string) }

// ReturnResponse answers the actions that only succeed or fail.
type ReturnResponse struct {
	ResponseMetadata
	Return bool `xml:"return" json:"Return"`
}

// UnmarshalXML takes an answer that does not say for success: of some of these
// actions AWS describes no answer at all, and moto sends none.
func (r *ReturnResponse) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	type plain ReturnResponse
	answer := plain{Return: true}
	err := d.DecodeElement(&answer, &start)
	*r = ReturnResponse(answer)
	return err
}

// RegisterImageResponse names the new image.
type RegisterImageResponse struct {
	ResponseMetadata
	ImageID string `xml:"imageId" json:"ImageId"`
}

// DescribeImagesResponse lists images in no promised order.
type DescribeImagesResponse struct {
	ResponseMetadata
	Images    List[Image] `xml:"imagesSet" json:"Images"`
	NextToken string      `xml:"nextToken,omitempty" json:"NextToken,omitempty"`
}

// DescribeAvailabilityZonesResponse lists zones, or the rows of a report about
// them when "verbose" was asked for.
type DescribeAvailabilityZonesResponse struct {
	ResponseMetadata
	Zones List[AvailabilityZone] `xml:"availabilityZoneInfo" json:"AvailabilityZones"`
}

// AvailabilityZone is a place to run instances. On Eucalyptus before 4.0 State
// is the address of the zone's cluster controller.
type AvailabilityZone struct {
	Name     string            `xml:"zoneName" json:"ZoneName"`
	State    string            `xml:"zoneState" json:"State"`
	Region   string            `xml:"regionName,omitempty" json:"RegionName,omitempty"`
	Messages List[ZoneMessage] `xml:"messageSet" json:"Messages"`
}

// ZoneMessage is a notice about a zone.
type ZoneMessage struct {
	Message string `xml:"message" json:"Message"`
}

// DescribeRegionsResponse lists regions.
type DescribeRegionsResponse struct {
	ResponseMetadata
	Regions List[Region] `xml:"regionInfo" json:"Regions"`
}

// Region is an independent part of a cloud, or one of its services on
// Eucalyptus before 3.0.
type Region struct {
	Name     string `xml:"regionName" json:"RegionName"`
	Endpoint string `xml:"regionEndpoint" json:"Endpoint"`
}

// RunInstancesResponse is the reservation that holds the new instances.
type RunInstancesResponse struct {
	ResponseMetadata
	Reservation
}

// DescribeInstancesResponse lists reservations. One that does not fit on a page
// goes on, under the same id, on the next.
type DescribeInstancesResponse struct {
	ResponseMetadata
	Reservations List[Reservation] `xml:"reservationSet" json:"Reservations"`
	NextToken    string            `xml:"nextToken,omitempty" json:"NextToken,omitempty"`
}

// TerminateInstancesResponse gives the states before and after.
type TerminateInstancesResponse struct {
	ResponseMetadata
	Instances List[InstanceStateChange] `xml:"instancesSet" json:"TerminatingInstances"`
}

// InstanceStateChange is one instance's step from a state to the next.
type InstanceStateChange struct {
	InstanceID string        `xml:"instanceId" json:"InstanceId"`
	Current    InstanceState `xml:"currentState" json:"CurrentState"`
	Previous   InstanceState `xml:"previousState" json:"PreviousState"`
}

// GetConsoleOutputResponse holds the end of an instance's console.
type GetConsoleOutputResponse struct {
	ResponseMetadata
	InstanceID string `xml:"instanceId" json:"InstanceId"`
	Timestamp  string `xml:"timestamp" json:"Timestamp"`
	Output     Base64 `xml:"output" json:"Output"`
}

// CreateKeyPairResponse holds the only copy of the private key.
type CreateKeyPairResponse struct {
	ResponseMetadata
	KeyName     string    `xml:"keyName" json:"KeyName"`
	Fingerprint string    `xml:"keyFingerprint" json:"KeyFingerprint"`
	KeyMaterial string    `xml:"keyMaterial" json:"KeyMaterial,omitempty"` // PEM; secret
	KeyPairID   string    `xml:"keyPairId,omitempty" json:"KeyPairId,omitempty"`
	Tags        List[Tag] `xml:"tagSet" json:"Tags"`
}

// DescribeKeyPairsResponse lists key pairs.
type DescribeKeyPairsResponse struct {
	ResponseMetadata
	KeyPairs List[KeyPair] `xml:"keySet" json:"KeyPairs"`
}

// KeyPair is a named public key.
type KeyPair struct {
	ID          string    `xml:"keyPairId,omitempty" json:"KeyPairId,omitempty"`
	Name        string    `xml:"keyName" json:"KeyName"`
	Fingerprint string    `xml:"keyFingerprint" json:"KeyFingerprint"`
	Tags        List[Tag] `xml:"tagSet" json:"Tags"`
}

// GetInstanceMetadataResponse is emikit's own: the bytes that the instance
// would read at Path.
type GetInstanceMetadataResponse struct {
	ResponseMetadata
	InstanceID string `xml:"instanceId" json:"InstanceId"`
	Path       string `xml:"path" json:"Path"`
	Body       Base64 `xml:"body" json:"Body"`
}
