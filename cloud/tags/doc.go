// Package tags keeps what accounts write on their images, instances, key pairs and
// security groups: keys with values.
//
// A tag is seen and changed by the owner of what it is on. Administrators, who see
// everybody's images and instances, see and change the tags of these, too. Others do
// not see them, also not those of an image that they may run.
//
// What can be tagged is what the view resources of the database lists. Tags are
// removed with what they are on, by triggers of the database, so no other service has
// to think of them.
package tags
