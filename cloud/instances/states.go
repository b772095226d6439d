package instances

import (
	"errors"
	"fmt"
	"strings"

	"emikit/node"
)

// State is where an instance is in its life. The words are EC2's.
type State string

const (
	StatePending      State = "pending"       // being placed, fetched, booted
	StateRunning      State = "running"       // its machine runs
	StateShuttingDown State = "shutting-down" // its end was requested
	StateTerminated   State = "terminated"    // ended; always with a reason
	StateStopping     State = "stopping"      // its stop was requested
	StateStopped      State = "stopped"       // its node keeps its disks; nothing runs
)

// transitions are the legal ones. A state may always be entered again.
var transitions = map[State][]State{
	StatePending:      {StateRunning, StateStopped, StateShuttingDown, StateTerminated},
	StateRunning:      {StateStopping, StateStopped, StateShuttingDown, StateTerminated},
	StateStopping:     {StateStopped, StateShuttingDown, StateTerminated},
	StateStopped:      {StatePending, StateShuttingDown, StateTerminated},
	StateShuttingDown: {StateTerminated},
	StateTerminated:   {},
}

// canBecome reports whether to is a legal next state, different from s.
func (s State) canBecome(to State) bool {
	for _, next := range transitions[s] {
		if next == to {
			return true
		}
	}
	return false
}

// alive reports whether a node still has, or should have, the instance.
func alive(s node.State) bool { return s != node.StateTerminated }

// Reason says why an instance is in its state, or how it got there.
type Reason struct {
	// Code is a word of EC2's state reasons: Server.InternalError,
	// Client.UserInitiatedShutdown and so on.
	Code string
	// Message is for the user, without the code.
	Message string
}

const (
	codeUser     = "Client.UserInitiatedShutdown"
	codeServer   = "Server.InternalError"
	codeCapacity = "Server.InsufficientInstanceCapacity"
)

// reasonUser ends or stops an instance on somebody's request; the sentence is
// Eucalyptus'.
func reasonUser() Reason { return Reason{codeUser, node.ReasonUser} }

// reasonServer ends an instance that could not go on.
func reasonServer(message string) Reason { return Reason{codeServer, message} }

// reasonLaunch ends an instance that its node did not take, or leaves it stopped.
func reasonLaunch(nodeName string, err error) Reason {
	why := reasonServer(fmt.Sprintf("node %s: %v", nodeName, err))
	if errors.Is(err, node.ErrNoRoom) {
		why.Code = codeCapacity
	}
	return why
}

// reasonUnreported ends an instance that its node no longer knows; the sentence
// is Eucalyptus'.
func reasonUnreported() Reason {
	return reasonServer("Instance no longer reported as existing.")
}

// reasonOf is a node's reason. A node may put an EC2 code and a colon first.
func reasonOf(text string) Reason {
	if text == node.ReasonUser {
		return reasonUser()
	}
	code, message, ok := strings.Cut(text, ": ")
	if ok && (strings.HasPrefix(code, "Server.") || strings.HasPrefix(code, "Client.")) {
		return Reason{code, message}
	}
	if text == "" {
		text = "The node gave no reason."
	}
	return reasonServer(text)
}
