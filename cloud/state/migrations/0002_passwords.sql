-- What people log in with: an argon2id hash with its parameters, in the form
-- that the reference implementation prints. Empty: no password opens it.
ALTER TABLE accounts ADD COLUMN password TEXT NOT NULL DEFAULT '';
