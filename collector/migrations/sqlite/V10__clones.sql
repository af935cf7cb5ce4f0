-- Whose identity a shadow uses: other hardware was heard to speak with it. A shadow has no certificate
-- and no row, and its fingerprint is that hardware's.
ALTER TABLE machines ADD COLUMN clone_of TEXT REFERENCES machines (id);

CREATE INDEX machines_shadows ON machines (clone_of) WHERE clone_of IS NOT NULL;
