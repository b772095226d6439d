package cloud

import "context"

// tellRepairs logs what the start has found of an earlier run and put in order;
// after a run that ended in good order it is nothing. The services that go on
// with something, images and instances and the node, log that themselves.
func (c *Cloud) tellRepairs(context.Context) error {
	log, db, store := c.config.Log, c.state.Repairs(), c.objects.Repairs()
	if db.Killed != 0 {
		log.Warn("the last run was killed", "pid", db.Killed)
	}
	if db.From != 0 && db.From != db.To {
		log.Info("database brought up to date", "from", db.From, "to", db.To)
	}
	if store.Files != 0 {
		log.Info("files of interrupted uploads removed", "files", store.Files, "bytes", store.Bytes)
	}
	if store.Uploads != 0 {
		log.Info("multipart uploads are under way", "uploads", store.Uploads)
	}
	return nil
}
