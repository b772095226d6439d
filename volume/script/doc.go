// Package script lets a user's own program work on an image before it is bundled: the
// filesystem in the image is mounted, and the program gets the place as its argument.
// That is what --script of bundle-vol asks for; it is the one thing for which an image
// of a volume has to be mounted, and the one program that emikit runs. It needs Linux,
// root and a loop device.
package script
