// Package journal keeps the journal of an upload: a hidden file beside the manifest
// that says which parts an object store has taken, so that an upload that was
// interrupted at any moment goes on where it broke off.
//
// A [Journal] holds [Receipt]s. A receipt says what was sent and what the store has
// answered; it proves something about the object that is there now only as long as
// the store still tells of the same object. Nothing depends on a journal: without one
// parts are sent again. docs/formats.md has the format.
package journal
