-- Two logs, each a chain: every row carries a hash over the one before it and itself, so nothing
-- in the middle can be changed, taken out, put in or moved without every later hash being made anew.

-- What was logged before there was a chain is chained when the store is opened; then this table goes.
ALTER TABLE audit RENAME TO audit_unchained;

CREATE TABLE audit (
    number  INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL,
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Whenever what the judge says of a member changes: a row of the register, else a machine.
CREATE TABLE verdicts (
    number   INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    -- The row's id; of a machine outside the register its identity.
    member   TEXT NOT NULL,
    -- `left`: it is no member any more.
    state    TEXT NOT NULL,
    -- Since when it has been in that state.
    since    INTEGER NOT NULL,
    -- Empty: none is known.
    unit     TEXT NOT NULL,
    -- What is not a pass, as in fail:a,b;unknown:c
    rules    TEXT NOT NULL,
    -- The number of the row before about this member; 0: there is none.
    previous INTEGER NOT NULL,
    hash     BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- The newest row about each member.
CREATE TABLE verdicts_now (
    member TEXT PRIMARY KEY,
    number INTEGER NOT NULL REFERENCES verdicts (number)
) STRICT, WITHOUT ROWID;
