-- The policy set that waits for an officer's word, if one does: it still waits after a restart,
-- whatever the machines say by then.
CREATE TABLE policies_held (
    number INTEGER PRIMARY KEY CHECK (number = 1),
    at     INTEGER NOT NULL,
    hash   TEXT NOT NULL
) STRICT;
