-- The history of services goes when it is old: found by its time, in pieces.
CREATE INDEX history_at ON history (at);
