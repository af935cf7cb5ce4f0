-- Moments are seconds since 1970 in UTC, by the collector's clock unless the name says otherwise.

CREATE TABLE tokens (
    id              TEXT PRIMARY KEY,
    secret_hash     BLOB NOT NULL UNIQUE,
    register_row    TEXT,
    unit            TEXT,
    registered_only INTEGER NOT NULL,
    uses            INTEGER NOT NULL CHECK (uses > 0),
    used            INTEGER NOT NULL DEFAULT 0 CHECK (used <= uses),
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    revoked_at      INTEGER
) STRICT;

CREATE TABLE machines (
    id            TEXT PRIMARY KEY,
    register_row  TEXT,
    token_unit    TEXT,
    standing      TEXT NOT NULL CHECK (standing IN ('current', 'pending', 'clone', 'revoked')),
    fingerprint   TEXT NOT NULL,
    enrolled_at   INTEGER NOT NULL,
    -- The last accepted contact and what it said of itself.
    contact_at    INTEGER NOT NULL,
    contact_skew  INTEGER NOT NULL,
    incarnation   TEXT,
    sequence      INTEGER,
    digest        TEXT,
    -- How many reports were kept: their order of commit.
    reports       INTEGER NOT NULL DEFAULT 0
) STRICT;

-- One register row belongs to one identity at a time.
CREATE UNIQUE INDEX machines_row ON machines (register_row)
    WHERE register_row IS NOT NULL AND standing IN ('current', 'clone');

-- Every process that ever spoke for a machine: one that comes back after another is a second holder.
CREATE TABLE incarnations (
    machine     TEXT NOT NULL REFERENCES machines (id),
    incarnation TEXT NOT NULL,
    PRIMARY KEY (machine, incarnation)
) STRICT, WITHOUT ROWID;

CREATE TABLE certificates (
    sha256     BLOB PRIMARY KEY,
    serial     TEXT NOT NULL UNIQUE,
    machine    TEXT NOT NULL REFERENCES machines (id),
    issuer     BLOB NOT NULL,
    not_before INTEGER NOT NULL,
    not_after  INTEGER NOT NULL,
    used_at    INTEGER,
    -- From when on it is superseded by a newer one.
    ends_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX certificates_machine ON certificates (machine);

-- The newest observation of each topic, known to this version or not, as it stood in the report.
CREATE TABLE topics (
    machine     TEXT NOT NULL REFERENCES machines (id),
    topic       TEXT NOT NULL,
    body        TEXT NOT NULL,
    -- Over what it says, without when it was looked at: tells a change from a repetition.
    digest      TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    skew        INTEGER NOT NULL,
    PRIMARY KEY (machine, topic)
) STRICT, WITHOUT ROWID;

-- Every change of what a topic says, from the first report on.
CREATE TABLE history (
    machine     TEXT NOT NULL REFERENCES machines (id),
    topic       TEXT NOT NULL,
    -- The number of the report among those of its machine.
    report      INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    skew        INTEGER NOT NULL,
    body        TEXT NOT NULL,
    PRIMARY KEY (machine, topic, report)
) STRICT, WITHOUT ROWID;

-- Unbroken spans of contact: a machine that reports on time has one row, not thousands.
CREATE TABLE contacts (
    machine    TEXT NOT NULL REFERENCES machines (id),
    first_at   INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    PRIMARY KEY (machine, first_at)
) STRICT, WITHOUT ROWID;

-- Every policy set that was ever in force, whole: path and text of each file as JSON.
CREATE TABLE policy_sets (
    hash  TEXT PRIMARY KEY,
    files TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- When each took effect.
CREATE TABLE policies_in_force (
    number INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    hash   TEXT NOT NULL REFERENCES policy_sets (hash)
) STRICT;

CREATE TABLE audit (
    number  INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;
