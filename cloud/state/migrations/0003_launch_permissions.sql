-- Who else may run an image that is not public, and images whose manifest
-- no known certificate vouches for.
CREATE TABLE launch_permissions (
    image   TEXT NOT NULL REFERENCES images (id),
    account TEXT NOT NULL,             -- 12 digits
    PRIMARY KEY (image, account)
) STRICT, WITHOUT ROWID;

ALTER TABLE images ADD COLUMN unverified INTEGER NOT NULL DEFAULT 0;
