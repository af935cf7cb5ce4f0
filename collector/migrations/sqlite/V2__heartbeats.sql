-- A heartbeat says that the facts of the last report were seen again. It adds no history.

-- When the last report was kept, by the collector's clock: a heartbeat is a contact and no report.
ALTER TABLE machines ADD COLUMN reported_at INTEGER;
UPDATE machines SET reported_at = contact_at WHERE reports > 0;

-- What the last accepted contact was: a report repeats no heartbeat that has its number.
ALTER TABLE machines ADD COLUMN kind TEXT CHECK (kind IN ('report', 'heartbeat'));
UPDATE machines SET kind = 'report' WHERE sequence IS NOT NULL;

-- The number of the report that carried the topic last: only those of the newest can be confirmed.
ALTER TABLE topics ADD COLUMN report INTEGER NOT NULL DEFAULT 0;
-- Every contact was a report so far.
UPDATE topics SET report = machines.reports FROM machines
    WHERE machines.id = topics.machine AND machines.reported_at = topics.received_at;

-- When heartbeats last confirmed it, by the collector's clock; NULL: not since its report.
ALTER TABLE topics ADD COLUMN confirmed_at INTEGER;
