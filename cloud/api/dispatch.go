package api

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"emikit/ec2"
)

// action decodes the parameters of one action and does it.
type action func(ctx context.Context, c call, form url.Values) (ec2.Response, error)

// table lists everything that can be asked.
func (h *handler) table() map[string]action {
	all := map[string]action{}
	for _, some := range []map[string]action{h.imageTable(), h.instanceTable(), h.accessTable()} {
		maps.Copy(all, some)
	}
	return all
}

// imageTable is about images.
func (h *handler) imageTable() map[string]action {
	return map[string]action{
		ec2.ActionRegisterImage:          method(h.registerImage),
		ec2.ActionDeregisterImage:        method(h.deregisterImage),
		ec2.ActionDescribeImages:         method(h.describeImages),
		ec2.ActionDescribeImageAttribute: method(h.describeImageAttribute),
		ec2.ActionModifyImageAttribute:   method(h.modifyImageAttribute),
		ec2.ActionResetImageAttribute:    method(h.resetImageAttribute),
		ec2.ActionCreateImage:            method(h.createImage),
	}
}

// instanceTable is about instances, where they run, and tags.
func (h *handler) instanceTable() map[string]action {
	return map[string]action{
		ec2.ActionRunInstances:              method(h.runInstances),
		ec2.ActionDescribeInstances:         method(h.describeInstances),
		ec2.ActionTerminateInstances:        method(h.terminateInstances),
		ec2.ActionRebootInstances:           method(h.rebootInstances),
		ec2.ActionStartInstances:            method(h.startInstances),
		ec2.ActionStopInstances:             method(h.stopInstances),
		ec2.ActionDescribeInstanceStatus:    method(h.describeInstanceStatus),
		ec2.ActionDescribeInstanceAttribute: method(h.describeInstanceAttribute),
		ec2.ActionModifyInstanceAttribute:   method(h.modifyInstanceAttribute),
		ec2.ActionDescribeInstanceTypes:     method(h.describeInstanceTypes),
		ec2.ActionConfirmProductInstance:    method(h.confirmProductInstance),
		ec2.ActionGetPasswordData:           method(h.passwordData),
		ec2.ActionCreateTags:                method(h.createTags),
		ec2.ActionDeleteTags:                method(h.deleteTags),
		ec2.ActionDescribeTags:              method(h.describeTags),
		ec2.ActionGetConsoleOutput:          method(h.consoleOutput),
		ec2.ActionGetInstanceMetadata:       method(h.instanceMetadata),
		ec2.ActionDescribeAvailabilityZones: method(h.describeZones),
		ec2.ActionDescribeRegions:           method(h.describeRegions),
	}
}

// accessTable is about keys, groups and addresses, and of other services than the
// compute service.
func (h *handler) accessTable() map[string]action {
	return map[string]action{
		ec2.ActionCreateKeyPair:               method(h.createKeyPair),
		ec2.ActionDeleteKeyPair:               method(h.deleteKeyPair),
		ec2.ActionDescribeKeyPairs:            method(h.describeKeyPairs),
		ec2.ActionImportKeyPair:               method(h.importKeyPair),
		ec2.ActionDescribeSecurityGroups:      method(h.describeGroups),
		ec2.ActionCreateSecurityGroup:         method(h.createGroup),
		ec2.ActionDeleteSecurityGroup:         method(h.deleteGroup),
		ec2.ActionAuthorizeIngress:            method(h.authorize),
		ec2.ActionRevokeIngress:               method(h.revoke),
		ec2.ActionAuthorizeEgress:             method(h.egress),
		ec2.ActionRevokeEgress:                method(h.egress),
		ec2.ActionAllocateAddress:             method(h.allocateAddress),
		ec2.ActionReleaseAddress:              method(h.releaseAddress),
		ec2.ActionAssociateAddress:            method(h.associateAddress),
		ec2.ActionDisassociateAddress:         method(h.disassociateAddress),
		ec2.ActionDescribeAddresses:           method(h.describeAddresses),
		ec2.ActionDescribeServiceCertificates: method(h.describeServiceCertificates),
	}
}

// Actions names everything that can be asked, sorted. It is for tests that must
// leave nothing out.
func Actions() []string { return slices.Sorted(maps.Keys((&handler{}).table())) }

// method makes an action of a method with typed parameters and response.
func method[Q any, R ec2.Response](f func(context.Context, call, *Q) (R, error)) action {
	return func(ctx context.Context, c call, form url.Values) (ec2.Response, error) {
		request := new(Q)
		if err := c.decode(ctx, form, request); err != nil {
			return nil, err
		}
		if dryRun(form) {
			return nil, errDryRun
		}
		response, err := f(ctx, c, request)
		if err != nil {
			return nil, err
		}
		return response, nil
	}
}

// decode fills a request. What it does not hold is accepted and recorded, or
// refused.
func (c call) decode(ctx context.Context, form url.Values, request any) error {
	err := ec2.Decode(form, request)
	unknown, ok := errors.AsType[*ec2.UnknownParameterError](err)
	if !ok {
		return err
	}
	accepted, err := judge(c.Action, unknown.Names, form)
	c.record(ctx, accepted...)
	return err
}

// dryRun reports whether the client only wants to know if it may ask. Decode
// has checked the value by then.
func dryRun(form url.Values) bool {
	dry, err := strconv.ParseBool(strings.ToLower(form.Get("DryRun")))
	return err == nil && dry
}

// required refuses a request that lacks a parameter.
func required(name, value string) error {
	if value == "" {
		return missing(name)
	}
	return nil
}

// requiredList refuses a request with an empty list.
func requiredList(name string, values []string) error {
	if len(values) == 0 {
		return missing(name)
	}
	return nil
}

func missing(name string) error {
	return fail(codeMissingParameter, "The request must contain the parameter %s", name)
}

// unsupported maps what a client asks for and this cloud does not have to
// whether it is asked for.
type unsupported map[string]bool

// check refuses the first of them, in the order of their names.
func (u unsupported) check() error {
	if asked := given(u); len(asked) > 0 {
		return fail(codeUnsupported, "%.200s: this cloud does not have that.", asked[0])
	}
	return nil
}
