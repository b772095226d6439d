-- What people log in with: an argon2id hash with its parameters, in the form
-- that the reference implementation prints. Empty: no password opens it.
ALTER TABLE accounts ADD COLUMN password TEXT NOT NULL DEFAULT '';

-- When an account was removed; 0: it is there. The row stays, as terminated
-- instances, deregistered images and objects in other accounts' buckets name
-- it. Its name becomes its number, so that the name can be given again.
ALTER TABLE accounts ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;

-- Names differ in more than case: folders are called after them.
CREATE UNIQUE INDEX accounts_by_name ON accounts (name COLLATE NOCASE);
