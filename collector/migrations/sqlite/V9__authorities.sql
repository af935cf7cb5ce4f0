-- Every authority that was ever in force here, as of when a collector that started first saw it, and saw it gone.
CREATE TABLE authorities (
    sha256 BLOB PRIMARY KEY,
    kind   TEXT NOT NULL CHECK (kind IN ('root', 'machine-ca', 'collector-ca')),
    since  INTEGER NOT NULL,
    until  INTEGER
) STRICT, WITHOUT ROWID;
