// Package register makes images of uploaded bundles: [Register] asks a cloud
// for an EMI, EKI or ERI, [Wait] returns once the cloud has checked the bundle
// and the image can be run.
package register
