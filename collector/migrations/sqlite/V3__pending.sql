-- Since when security updates wait without a break, by the collector's clock; NULL: none are known
-- to, or the newest patches topic tells, for none has been kept since this column is here.
ALTER TABLE machines ADD COLUMN security_pending_since INTEGER;
