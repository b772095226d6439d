// Package images holds the commands about registered images: register,
// deregister, describe-images, and describe-, modify- and
// reset-image-attribute.
package images
