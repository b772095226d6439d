package api

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"

	"emikit/cloud/instances"
	"emikit/ec2"
)

func (h *handler) describeInstanceAttribute(ctx context.Context, c call, q *ec2.DescribeInstanceAttributeRequest) (*ec2.DescribeInstanceAttributeResponse, error) {
	if err := required("InstanceId", q.InstanceID); err != nil {
		return nil, err
	}
	if err := required("Attribute", q.Attribute); err != nil {
		return nil, err
	}
	fill, ok := instanceAttributes()[q.Attribute]
	if !ok {
		return nil, unknownAttribute(q.Attribute)
	}
	found, err := h.Instances.Details(ctx, c.who, q.InstanceID)
	if err != nil {
		return nil, err
	}
	response := &ec2.DescribeInstanceAttributeResponse{InstanceID: found.ID}
	fill(response, found)
	return response, nil
}

// instanceAttributes gives for each attribute that can be read how its answer is
// filled in.
func instanceAttributes() map[string]func(*ec2.DescribeInstanceAttributeResponse, instances.Instance) {
	type answer = ec2.DescribeInstanceAttributeResponse
	return map[string]func(*answer, instances.Instance){
		ec2.AttributeDisableTermination: func(r *answer, i instances.Instance) { r.DisableTermination = &ec2.AttributeBool{Value: i.Protected} },
		ec2.AttributeEBSOptimized:       func(r *answer, _ instances.Instance) { r.EBSOptimized = &ec2.AttributeBool{} },
		ec2.AttributeSourceDestCheck:    func(r *answer, _ instances.Instance) { r.SourceDestCheck = &ec2.AttributeBool{Value: true} },
		ec2.AttributeInstanceType:       func(r *answer, i instances.Instance) { r.InstanceType = &ec2.AttributeValue{Value: i.Type.Name} },
		ec2.AttributeKernel:             func(r *answer, i instances.Instance) { r.Kernel = &ec2.AttributeValue{Value: i.Kernel} },
		ec2.AttributeRamdisk:            func(r *answer, i instances.Instance) { r.Ramdisk = &ec2.AttributeValue{Value: i.Ramdisk} },
		ec2.AttributeRootDevice:         func(r *answer, _ instances.Instance) { r.RootDevice = &ec2.AttributeValue{Value: rootDevice} },
		ec2.AttributeShutdownBehavior: func(r *answer, _ instances.Instance) {
			r.ShutdownBehavior = &ec2.AttributeValue{Value: shutdownTerminates}
		},
		ec2.AttributeUserData: func(r *answer, i instances.Instance) {
			r.UserData = &ec2.AttributeValue{Value: base64.StdEncoding.EncodeToString(i.UserData)}
		},
		ec2.AttributeGroups: func(r *answer, i instances.Instance) {
			groups := wireGroups(i.Groups)
			r.Groups = &groups
		},
		ec2.AttributeProductCodes: func(r *answer, i instances.Instance) {
			codes := wireInstance(i).ProductCodes
			r.ProductCodes = &codes
		},
		ec2.AttributeBlockDevices: func(r *answer, _ instances.Instance) { r.BlockDevices = &ec2.List[ec2.InstanceBlockDevice]{} },
	}
}

// shutdownTerminates is what becomes of an instance that shuts itself down.
const shutdownTerminates = "terminate"

func (h *handler) modifyInstanceAttribute(ctx context.Context, c call, q *ec2.ModifyInstanceAttributeRequest) (*ec2.ReturnResponse, error) {
	if err := required("InstanceId", q.InstanceID); err != nil {
		return nil, err
	}
	if err := nameAttribute(q); err != nil {
		return nil, err
	}
	if err := checkInstanceChange(q); err != nil {
		return nil, err
	}
	change := instances.Modification{
		Protected: q.DisableTermination.Value, Type: q.InstanceType.Value, Kernel: q.Kernel.Value, Ramdisk: q.Ramdisk.Value,
	}
	if text := q.UserData.Value; text != nil {
		data, err := base64.StdEncoding.DecodeString(*text)
		if err != nil {
			return nil, fail(codeInvalidParameter, "The user data is not base64.")
		}
		change.UserData = &data
	}
	return &ec2.ReturnResponse{Return: true}, h.Instances.Modify(ctx, c.who, q.InstanceID, change)
}

// nameAttribute puts the value of an attribute that is named where the newer form has
// it.
func nameAttribute(q *ec2.ModifyInstanceAttributeRequest) error {
	if q.Attribute == "" {
		return nil
	}
	if _, known := instanceAttributes()[q.Attribute]; !known {
		return unknownAttribute(q.Attribute)
	}
	texts := map[string]*ec2.TextChange{
		ec2.AttributeInstanceType: &q.InstanceType, ec2.AttributeKernel: &q.Kernel, ec2.AttributeRamdisk: &q.Ramdisk,
		ec2.AttributeShutdownBehavior: &q.ShutdownBehavior, ec2.AttributeUserData: &q.UserData,
	}
	flags := map[string]*ec2.BoolChange{
		ec2.AttributeDisableTermination: &q.DisableTermination, ec2.AttributeEBSOptimized: &q.EBSOptimized,
		ec2.AttributeSourceDestCheck: &q.SourceDestCheck,
	}
	switch {
	case q.Value == nil:
		if len(namedChanges(q)) == 0 {
			return fail(codeMissingParameter, "The request must contain a value for the attribute %s", q.Attribute)
		}
	case texts[q.Attribute] != nil:
		texts[q.Attribute].Value = q.Value
	case flags[q.Attribute] != nil:
		value, err := strconv.ParseBool(strings.ToLower(*q.Value))
		if err != nil {
			return fail(codeInvalidParameter, "Value ( %.100s ) for the attribute %s is neither true nor false.", *q.Value, q.Attribute)
		}
		flags[q.Attribute].Value = &value
	default:
		return fail(codeInvalidParameter, "The attribute %s of an instance cannot be changed.", q.Attribute)
	}
	return nil
}

// namedChanges are the attributes for which a request has values.
func namedChanges(q *ec2.ModifyInstanceAttributeRequest) []string {
	return given(map[string]bool{
		ec2.AttributeDisableTermination: q.DisableTermination.Value != nil,
		ec2.AttributeEBSOptimized:       q.EBSOptimized.Value != nil,
		ec2.AttributeSourceDestCheck:    q.SourceDestCheck.Value != nil,
		ec2.AttributeInstanceType:       q.InstanceType.Value != nil,
		ec2.AttributeKernel:             q.Kernel.Value != nil,
		ec2.AttributeRamdisk:            q.Ramdisk.Value != nil,
		ec2.AttributeShutdownBehavior:   q.ShutdownBehavior.Value != nil,
		ec2.AttributeUserData:           q.UserData.Value != nil,
		ec2.AttributeGroups:             len(q.Groups) > 0,
		ec2.AttributeBlockDevices:       len(q.BlockDevices) > 0,
	})
}

// checkInstanceChange lets one attribute be changed, if it is one that can be. A value
// that the attribute has anyway is no change.
func checkInstanceChange(q *ec2.ModifyInstanceAttributeRequest) error {
	named := namedChanges(q)
	switch {
	case len(named) == 0:
		return fail(codeBadCombination, "No attributes specified.")
	case len(named) > 1:
		return fail(codeBadCombination, "Fields for multiple attribute types specified: %s, %s", named[0], named[1])
	case q.Attribute != "" && q.Attribute != named[0]:
		return fail(codeBadCombination, "The request names the attribute %s but has values for %s", q.Attribute, named[0])
	case len(q.Groups) > 0, q.SourceDestCheck.Value != nil:
		return fail(codeBadCombination, "The attribute %s can be changed in a virtual private cloud only, and there are none.", named[0])
	}
	for name, id := range map[string]*string{"kernel": q.Kernel.Value, "ramdisk": q.Ramdisk.Value} {
		if id != nil && *id == "" {
			return fail(codeInvalidParameter, "The %s of an instance can be another, and not none.", name)
		}
	}
	behavior := q.ShutdownBehavior.Value
	return unsupported{
		"a change of " + named[0]: len(q.BlockDevices) > 0 ||
			q.EBSOptimized.Value != nil && *q.EBSOptimized.Value || behavior != nil && *behavior != shutdownTerminates,
	}.check()
}
