package cloud

import (
	"context"
	"fmt"
	"path/filepath"

	"emikit/cloud/instances"
	"emikit/cloud/nodes"
)

// openNode makes the compute node of this process, with a key pair that is
// new at each start: the envelopes made for it are as short-lived.
func (c *Cloud) openNode(ctx context.Context) error {
	if c.config.NewNode == nil {
		return nil
	}
	key, cert, err := c.identity.IssueNode(localNode)
	if err != nil {
		return fmt.Errorf("%s: %w", localNode, err)
	}
	c.node, err = c.config.NewNode(ctx, filepath.Join(c.config.Dir, "nodes", localNode), key, cert)
	if err != nil {
		return fmt.Errorf("%s: %w", localNode, err)
	}
	c.onClose(c.node.Close)
	return c.nodes.Add(nodes.Info{Name: localNode, Address: c.Host()})
}

func (c *Cloud) computeNodes() map[string]instances.Node {
	if c.node == nil {
		return nil
	}
	return map[string]instances.Node{localNode: c.node}
}
