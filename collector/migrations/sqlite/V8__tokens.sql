-- The networks from which a token may be used, separated by commas; empty: from anywhere.
ALTER TABLE tokens ADD COLUMN sources TEXT NOT NULL DEFAULT '';

-- The token a machine joined with; NULL: it joined before this was kept.
ALTER TABLE machines ADD COLUMN token TEXT REFERENCES tokens (id);

-- Only who has not spoken yet may be answered again, so nobody else is in it.
CREATE INDEX machines_unspoken ON machines (token) WHERE incarnation IS NULL AND token IS NOT NULL;
