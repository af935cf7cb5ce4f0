-- What was said of everyone as of a moment, and from what: kept for good, whatever is pruned around it.
CREATE TABLE snapshots (
    id        INTEGER PRIMARY KEY,
    -- The moment it is of, and when it was made.
    at        INTEGER NOT NULL,
    made_at   INTEGER NOT NULL,
    actor     TEXT NOT NULL,
    -- The day whose end it is the snapshot of; NULL: of a moment that somebody chose.
    cut_off   TEXT UNIQUE,
    policies  TEXT NOT NULL REFERENCES policy_sets (hash),
    -- Who judged.
    version   TEXT NOT NULL,
    judge     INTEGER NOT NULL,
    -- JSON, packed with gzip: the figures with every member, and one line for each machine.
    outcomes  BLOB NOT NULL,
    inputs    BLOB NOT NULL,
    -- SHA-256 over each, in hexadecimal.
    outcomes_digest TEXT NOT NULL,
    inputs_digest   TEXT NOT NULL,
    -- How both logs ended when it was made, as a signed line.
    head      TEXT NOT NULL,
    -- Over everything above, in hexadecimal, and its signature.
    digest    TEXT NOT NULL,
    signature TEXT NOT NULL
) STRICT;
