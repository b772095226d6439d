// Package images holds the commands about registered images: register,
// deregister and describe-images.
package images
