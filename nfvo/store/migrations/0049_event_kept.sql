-- What was sent to a subscription, or given up: kept for a while, to be sent again under the same number (event-replay-keep). Rows move here
-- from event_out and back. No reference: a subscription may end while an event of it is under way; rows without one are swept.
CREATE TABLE event_kept (
    id          bigint PRIMARY KEY,         -- of event_out
    stream      text NOT NULL,
    endpoint_id text NOT NULL,
    body        text NOT NULL,
    at          bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
);
CREATE INDEX event_kept_endpoint ON event_kept (endpoint_id, id);
CREATE INDEX event_kept_at ON event_kept (at);
-- An answer that refuses the last event; '': it was taken.
ALTER TABLE event_delivery ADD COLUMN refused text NOT NULL DEFAULT '', ADD COLUMN refused_at bigint NOT NULL DEFAULT 0;
