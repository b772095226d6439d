package images

import "emikit/ec2"

// attributeHeader is that of tables about attributes. The text has the same
// fields in another order, as euca2ools write them.
func attributeHeader() []string { return []string{"image", "attribute", "change", "kind", "value"} }

// permissionOf tells whom a launch permission names: as group or userId, as the
// protocol calls them, and its value.
func permissionOf(p ec2.LaunchPermission) (kind, value string) {
	if p.Group != "" {
		return "group", p.Group
	}
	return "userId", p.UserID
}
