-- What the security groups let in. A rule's source is a network, or another
-- group of the same account, or a group of another account under the words in
-- which its name or id was given: whether that one has it is not looked up.
CREATE TABLE group_rules (
    group_id       TEXT NOT NULL REFERENCES security_groups (id),
    protocol       TEXT NOT NULL,          -- tcp, udp, icmp, or -1 for all of them
    from_port      INTEGER NOT NULL,       -- of icmp the type; -1: any
    to_port        INTEGER NOT NULL,       -- of icmp the code; -1: any
    network        TEXT NOT NULL,          -- an IPv4 prefix; empty: the source is a group
    source_account TEXT NOT NULL,          -- 12 digits, or empty
    source_id      TEXT NOT NULL,          -- sg- and 8 hex digits, or empty
    source_name    TEXT NOT NULL,          -- or empty
    description    TEXT NOT NULL,
    created        INTEGER NOT NULL,
    PRIMARY KEY (group_id, protocol, from_port, to_port, network, source_account, source_id, source_name)
) STRICT;

-- Public addresses that accounts hold for themselves, beside those that
-- instances have in the table addresses.
CREATE TABLE elastic_addresses (
    ip       TEXT PRIMARY KEY,
    account  TEXT NOT NULL REFERENCES accounts (id),
    instance TEXT NOT NULL DEFAULT '',     -- that has it now; empty: none
    created  INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX elastic_addresses_by_instance ON elastic_addresses (instance) WHERE instance <> '';
