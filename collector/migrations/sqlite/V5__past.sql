-- What was: enough of each contact and of each change to judge any moment again as it was known then.

-- What became of each identity, in the order in which it did: the clock may have been set back.
CREATE TABLE standings (
    number   INTEGER PRIMARY KEY,
    machine  TEXT NOT NULL REFERENCES machines (id),
    at       INTEGER NOT NULL,
    standing TEXT NOT NULL CHECK (standing IN ('current', 'pending', 'clone', 'revoked'))
) STRICT;

CREATE INDEX standings_moments ON standings (machine, number, at, standing);

-- For this file alone: each machine's entries are found without reading those of all others.
CREATE INDEX audit_subjects ON audit (subject, action, at);
INSERT INTO standings (machine, at, standing)
    SELECT id, enrolled_at, CASE
        WHEN EXISTS (SELECT 1 FROM audit WHERE subject = id AND action = 'enrolled_pending') THEN 'pending'
        WHEN standing = 'pending' THEN 'pending'
        ELSE 'current' END
    FROM machines;
INSERT INTO standings (machine, at, standing)
    SELECT id, coalesce(
        (SELECT min(at) FROM audit WHERE subject = id AND action = 'clone_seen'), contact_at), 'clone'
    FROM machines
    WHERE standing = 'clone' OR (standing = 'revoked'
        AND EXISTS (SELECT 1 FROM audit WHERE subject = id AND action = 'clone_seen')
        AND NOT EXISTS (SELECT 1 FROM audit WHERE subject = id AND action = 'enrolled_pending'));
INSERT INTO standings (machine, at, standing)
    SELECT id, coalesce(
        (SELECT max(at) FROM audit WHERE subject = id AND action = 'revoked'), contact_at), 'revoked'
    FROM machines WHERE standing = 'revoked';
DROP INDEX audit_subjects;

-- When what a change says was seen, by the collector's clock.
ALTER TABLE history ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
UPDATE history SET seen_at = received_at;
UPDATE history SET seen_at = min(received_at, json_extract(body, '$.observed_at') - skew)
    WHERE json_valid(body) AND json_type(body, '$.observed_at') = 'integer';
-- 0: from this report on the topic is told no more, and the body is what it said last.
ALTER TABLE history ADD COLUMN is_told INTEGER NOT NULL DEFAULT 1 CHECK (is_told IN (0, 1));
-- Of a topic that is told no more: when that body came, and when it was confirmed last.
ALTER TABLE history ADD COLUMN arrived_at INTEGER;
ALTER TABLE history ADD COLUMN confirmed_at INTEGER;
-- Of the patches topic: since when security updates wait from this report on.
ALTER TABLE history ADD COLUMN pending_since INTEGER;
UPDATE history SET pending_since = security_pending_since FROM machines
    WHERE machines.id = history.machine AND topic = 'patches' AND report =
        (SELECT max(report) FROM history AS later
         WHERE later.machine = history.machine AND later.topic = 'patches');

-- What a topic said at a moment is found without reading what it said at all others.
CREATE INDEX history_moments ON history (machine, topic, report, received_at, seen_at);

-- Of a span: when the facts of its first and of its last contact were seen, each by the topic that
-- was seen earliest, and how far the machine's clock was off at the last.
ALTER TABLE contacts ADD COLUMN seen_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN skew INTEGER NOT NULL DEFAULT 0;
-- Nobody noted it so far. What the last contact of a machine found, its topics tell; of any other it is
-- as old as what the span changed last. Too old is safe: it makes facts stale, and never fresh.
UPDATE contacts SET seen_from = min(first_at, ifnull(
    (SELECT min(history.seen_at) FROM history
     WHERE history.machine = contacts.machine AND received_at = first_at), first_at));
UPDATE contacts SET seen_at = max(seen_from, min(last_at, ifnull(
    (SELECT max(history.seen_at) FROM history
     WHERE history.machine = contacts.machine AND received_at BETWEEN first_at AND last_at), seen_from)));
UPDATE contacts SET seen_at = min(last_at, coalesce(
    (SELECT min(coalesce(confirmed_at, CASE
            WHEN json_valid(body) AND json_type(body, '$.observed_at') = 'integer'
            THEN min(received_at, json_extract(body, '$.observed_at') - topics.skew)
            ELSE received_at END))
     FROM topics WHERE topics.machine = contacts.machine AND topics.report = machines.reports),
    contacts.seen_at))
    FROM machines WHERE machines.id = contacts.machine AND machines.contact_at = contacts.last_at;
UPDATE contacts SET skew = machines.contact_skew FROM machines
    WHERE machines.id = contacts.machine AND machines.contact_at = contacts.last_at;

-- What the newest row of history says of its topic's time: it is told anew when that goes back or
-- the machine's clock is set.
ALTER TABLE topics ADD COLUMN noted_seen_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE topics ADD COLUMN noted_skew INTEGER NOT NULL DEFAULT 0;
UPDATE topics SET noted_seen_at = history.seen_at, noted_skew = history.skew FROM history
    WHERE history.machine = topics.machine AND history.topic = topics.topic AND history.report =
        (SELECT max(report) FROM history AS later
         WHERE later.machine = topics.machine AND later.topic = topics.topic);
