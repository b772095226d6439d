// Package config finds credentials, endpoints and regions where users keep
// them: flags, eucarc variables, euca2ools' ini files and AWS's files.
package config
