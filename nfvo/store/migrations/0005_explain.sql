-- What the views for operators need (baton status, baton explain).

-- Since when something is waited for.
ALTER TABLE command ADD COLUMN opened_at bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;

-- Which process that is; has_stopped: it said goodbye, so nobody misses it.
ALTER TABLE heartbeat ADD COLUMN host text NOT NULL DEFAULT '';
ALTER TABLE heartbeat ADD COLUMN pid bigint NOT NULL DEFAULT 0;
ALTER TABLE heartbeat ADD COLUMN version text NOT NULL DEFAULT '';
ALTER TABLE heartbeat ADD COLUMN started_at bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
ALTER TABLE heartbeat ADD COLUMN has_stopped boolean NOT NULL DEFAULT false;
