// Package cloud assembles the embedded cloud and serves it.
//
//	          port 8773 (HTTP), 8443 (TLS)
//	┌───────────────┬──────────────────┬──────────────────────┐
//	│ /services/    │ /services/Walrus │ /latest, /2009-04-04 │
//	│  Eucalyptus   │                  │                      │
//	│ cloud/api     │ cloud/walrus     │ metadata             │   doors
//	├───────────────┴──────────────────┴──────────────────────┤
//	│ images · instances · objects · network · identity ·     │   services
//	│ nodes                                                   │
//	├─────────────────────────────────────────────────────────┤
//	│ cloud/state: SQLite in the data directory               │
//	└─────────────────────────────────────────────────────────┘
//
// Beside these, cloud/admin answers on a unix socket in the data directory, to
// whoever runs the cloud: accounts and what they prove themselves with.
//
// Services do not import one another; each declares the small interface that
// it needs of another, and the adapters in this package join them. The nodes
// are made by whoever calls [Open], so this package knows no hypervisor.
package cloud
