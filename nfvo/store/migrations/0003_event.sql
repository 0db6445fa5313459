-- Delivering events: by target, and not for ever.
ALTER TABLE event_out ADD COLUMN created_at bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
CREATE INDEX event_out_endpoint ON event_out (endpoint_id, id);
