-- The cloud's state. Times are Unix milliseconds, UTC. JSON columns hold what
-- is only ever read and written whole.

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- identity ------------------------------------------------------------------

CREATE TABLE accounts (
    id      TEXT PRIMARY KEY,          -- 12 digits
    name    TEXT NOT NULL UNIQUE,
    admin   INTEGER NOT NULL,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE access_keys (
    id      TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    secret  TEXT NOT NULL,
    active  INTEGER NOT NULL DEFAULT 1,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE certificates (
    fingerprint TEXT PRIMARY KEY,      -- SHA-1 of the DER certificate, hex
    account     TEXT NOT NULL REFERENCES accounts (id),
    pem         TEXT NOT NULL,
    active      INTEGER NOT NULL DEFAULT 1,
    created     INTEGER NOT NULL
) STRICT;

CREATE TABLE key_pairs (
    account     TEXT NOT NULL REFERENCES accounts (id),
    name        TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    public_key  TEXT NOT NULL,         -- one authorized_keys line
    created     INTEGER NOT NULL,
    PRIMARY KEY (account, name)
) STRICT;

-- objects -------------------------------------------------------------------

CREATE TABLE buckets (
    name     TEXT PRIMARY KEY,
    account  TEXT NOT NULL REFERENCES accounts (id),
    location TEXT NOT NULL,
    acl      TEXT NOT NULL,            -- a canned ACL
    created  INTEGER NOT NULL
) STRICT;

CREATE TABLE objects (
    bucket       TEXT NOT NULL REFERENCES buckets (name),
    key          TEXT NOT NULL,
    version      TEXT NOT NULL UNIQUE, -- names the file that holds the bytes, or the parts that do
    account      TEXT NOT NULL,
    size         INTEGER NOT NULL,
    etag         TEXT NOT NULL,        -- MD5 in hex; of parts, that of their MD5s and "-N"
    parts        INTEGER NOT NULL,     -- 0: the bytes are one file
    content_type TEXT NOT NULL,
    headers      TEXT NOT NULL,        -- JSON object of further HTTP headers
    metadata     TEXT NOT NULL,        -- JSON object of the user's own names and values
    acl          TEXT NOT NULL,
    modified     INTEGER NOT NULL,
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;

-- Multipart uploads under way. The id of one that is completed becomes the
-- version of the object.
CREATE TABLE uploads (
    id           TEXT PRIMARY KEY,
    bucket       TEXT NOT NULL REFERENCES buckets (name),
    key          TEXT NOT NULL,
    account      TEXT NOT NULL,        -- empty: anonymous
    content_type TEXT NOT NULL,
    headers      TEXT NOT NULL,        -- as of objects
    metadata     TEXT NOT NULL,
    acl          TEXT NOT NULL,
    created      INTEGER NOT NULL
) STRICT;

CREATE INDEX uploads_by_key ON uploads (bucket, key, id);

CREATE TABLE parts (
    upload   TEXT NOT NULL,            -- an upload, or the version of an object
    number   INTEGER NOT NULL,
    file     TEXT NOT NULL UNIQUE,     -- names the file that holds the bytes
    size     INTEGER NOT NULL,
    md5      TEXT NOT NULL,            -- hex
    modified INTEGER NOT NULL,
    PRIMARY KEY (upload, number)
) STRICT, WITHOUT ROWID;

-- images --------------------------------------------------------------------

CREATE TABLE images (
    id            TEXT PRIMARY KEY,    -- emi-, eki- or eri- and 8 hex digits
    account       TEXT NOT NULL REFERENCES accounts (id),
    location      TEXT NOT NULL,       -- bucket/key of the manifest
    kind          TEXT NOT NULL,       -- machine, kernel or ramdisk
    architecture  TEXT NOT NULL,
    kernel_id     TEXT NOT NULL,
    ramdisk_id    TEXT NOT NULL,
    platform      TEXT NOT NULL,       -- "windows" or empty
    name          TEXT NOT NULL,
    description   TEXT NOT NULL,
    public        INTEGER NOT NULL,
    state         TEXT NOT NULL,       -- pending, available, failed, deregistered
    reason        TEXT NOT NULL,
    size          INTEGER NOT NULL,    -- bytes of the image
    mappings      TEXT NOT NULL,       -- JSON array of {"Virtual", "Device"}
    product_codes TEXT NOT NULL,       -- JSON array
    ancestors     TEXT NOT NULL,       -- JSON array of image ids
    manifest      BLOB NOT NULL,       -- its exact bytes; empty once deregistered
    manifest_hash TEXT NOT NULL,       -- SHA-256, hex
    parts         TEXT NOT NULL,       -- JSON array of {"Version", "Size"}, in order
    parts_hash    TEXT NOT NULL,       -- SHA-256 over the parts' object versions
    registered    INTEGER NOT NULL,
    deregistered  INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX images_by_state ON images (state);

CREATE TABLE image_checks (
    manifest_hash TEXT NOT NULL,
    parts_hash    TEXT NOT NULL,
    outcome       TEXT NOT NULL,       -- passed or failed
    reason        TEXT NOT NULL,
    checked       INTEGER NOT NULL,
    PRIMARY KEY (manifest_hash, parts_hash)
) STRICT;

-- network -------------------------------------------------------------------

CREATE TABLE security_groups (
    id          TEXT PRIMARY KEY,      -- sg- and 8 hex digits
    account     TEXT NOT NULL REFERENCES accounts (id),
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    vlan        INTEGER NOT NULL UNIQUE,
    created     INTEGER NOT NULL,
    UNIQUE (account, name)
) STRICT;

CREATE TABLE addresses (
    ip       TEXT PRIMARY KEY,
    scope    TEXT NOT NULL,            -- private or public
    instance TEXT NOT NULL,
    UNIQUE (instance, scope)
) STRICT;

-- instances -----------------------------------------------------------------

CREATE TABLE reservations (
    id           TEXT PRIMARY KEY,     -- r- and 8 hex digits
    account      TEXT NOT NULL REFERENCES accounts (id),
    groups       TEXT NOT NULL,        -- JSON array of {"ID", "Name"}
    client_token TEXT NOT NULL,
    request      TEXT NOT NULL,        -- SHA-256 of what was asked for, hex
    created      INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX reservations_by_token ON reservations (account, client_token)
    WHERE client_token <> '';

CREATE TABLE instances (
    id            TEXT PRIMARY KEY,    -- i- and 8 hex digits
    reservation   TEXT NOT NULL REFERENCES reservations (id),
    account       TEXT NOT NULL REFERENCES accounts (id),
    launch_index  INTEGER NOT NULL,
    image         TEXT NOT NULL,
    kernel        TEXT NOT NULL,
    ramdisk       TEXT NOT NULL,
    image_name    TEXT NOT NULL,
    location      TEXT NOT NULL,       -- bucket/key of the machine image's manifest
    architecture  TEXT NOT NULL,
    platform      TEXT NOT NULL,
    product_codes TEXT NOT NULL,       -- JSON array
    ancestors     TEXT NOT NULL,       -- JSON array of image ids
    vm_type       TEXT NOT NULL,
    cpus          INTEGER NOT NULL,    -- the type as it was at launch
    memory_mb     INTEGER NOT NULL,
    disk_gb       INTEGER NOT NULL,
    key_name      TEXT NOT NULL,
    public_key    TEXT NOT NULL,
    zone          TEXT NOT NULL,
    node          TEXT NOT NULL,
    state         TEXT NOT NULL,
    reason_code   TEXT NOT NULL,
    reason        TEXT NOT NULL,
    private_ip    TEXT NOT NULL,       -- empty once terminated
    public_ip     TEXT NOT NULL,
    user_data     BLOB NOT NULL,
    launched      INTEGER NOT NULL,
    changed       INTEGER NOT NULL
) STRICT;

CREATE INDEX instances_by_reservation ON instances (reservation);
CREATE INDEX instances_by_node ON instances (node) WHERE state <> 'terminated';
CREATE INDEX instances_by_private_ip ON instances (private_ip) WHERE private_ip <> '';
CREATE INDEX instances_by_public_ip ON instances (public_ip) WHERE public_ip <> '';
