-- Instances stop and start again.
ALTER TABLE instances ADD COLUMN restarted INTEGER NOT NULL DEFAULT 0; -- it was stopped once: its disks are its node's to boot from
ALTER TABLE instances ADD COLUMN protected INTEGER NOT NULL DEFAULT 0; -- nobody may terminate it

-- Key pairs have ids, as EC2's do, beside their names.
ALTER TABLE key_pairs ADD COLUMN id TEXT NOT NULL DEFAULT ''; -- key- and hex digits
UPDATE key_pairs SET id = 'key-' || hex(randomblob(8));
CREATE UNIQUE INDEX key_pairs_by_id ON key_pairs (id) WHERE id <> '';

-- What accounts write on what is theirs.
CREATE TABLE tags (
    resource TEXT NOT NULL,            -- an id of the view resources
    type     TEXT NOT NULL,            -- image, instance, key-pair or security-group
    account  TEXT NOT NULL REFERENCES accounts (id), -- whose the resource is
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (resource, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX tags_by_account ON tags (account, type);

-- What can be tagged.
CREATE VIEW resources (id, type, account) AS
    SELECT id, 'image', account FROM images WHERE state <> 'deregistered'
    UNION ALL SELECT id, 'instance', account FROM instances
    UNION ALL SELECT id, 'key-pair', account FROM key_pairs
    UNION ALL SELECT id, 'security-group', account FROM security_groups;

-- Tags go with what they are on, whoever removes that.
CREATE TRIGGER tags_of_images AFTER UPDATE OF state ON images WHEN NEW.state = 'deregistered'
    BEGIN DELETE FROM tags WHERE resource = OLD.id; END;
CREATE TRIGGER tags_of_removed_images AFTER DELETE ON images
    BEGIN DELETE FROM tags WHERE resource = OLD.id; END;
CREATE TRIGGER tags_of_instances AFTER DELETE ON instances
    BEGIN DELETE FROM tags WHERE resource = OLD.id; END;
CREATE TRIGGER tags_of_key_pairs AFTER DELETE ON key_pairs
    BEGIN DELETE FROM tags WHERE resource = OLD.id; END;
CREATE TRIGGER tags_of_groups AFTER DELETE ON security_groups
    BEGIN DELETE FROM tags WHERE resource = OLD.id; END;
