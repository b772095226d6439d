package mock

import (
	"context"

	"emikit/node"
)

// Hypervisor pretends to run machines. It is safe for concurrent use.
type Hypervisor struct{}

var _ node.Hypervisor = (*Hypervisor)(nil)

// New returns a hypervisor.
func New() *Hypervisor { return &Hypervisor{} }

// Info implements [node.Hypervisor].
func (h *Hypervisor) Info() node.HypervisorInfo {
	return node.HypervisorInfo{Name: "mock", ThinDisks: true}
}

// Boot implements [node.Hypervisor].
func (h *Hypervisor) Boot(ctx context.Context, m node.Machine) (node.Guest, error) { panic("soon") }

// Adopt implements [node.Hypervisor].
func (h *Hypervisor) Adopt(ctx context.Context, m node.Machine) (node.Guest, error) { panic("soon") }
