-- Rooms on the broker (design.md, "Rooms on the broker"): virtual hosts, each one trust domain. '' is the inner one, option broker-vhost,
-- where all peers of before are; it has no row. A row says room '' for what is there, and the virtual host's name otherwise.
CREATE TABLE room (
    name        text PRIMARY KEY,           -- of the virtual host
    kind        text NOT NULL CHECK (kind IN ('open', 'peer')),
    state       text NOT NULL DEFAULT 'making' CHECK (state IN ('making', 'ready', 'ending')),
    project_id  text,                       -- subscriptions over the bus may name only this one; NULL: none
    made_at     bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
);
-- Who has a connection in each room looks again.
CREATE FUNCTION room_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('room', '');
    RETURN NULL;
END $$;
CREATE TRIGGER room_changed AFTER INSERT OR UPDATE OR DELETE ON room FOR EACH STATEMENT EXECUTE FUNCTION room_tell();

ALTER TABLE vnfm_endpoint       ADD COLUMN room text NOT NULL DEFAULT '';
ALTER TABLE vim_driver          ADD COLUMN room text NOT NULL DEFAULT '';
ALTER TABLE event_endpoint      ADD COLUMN room text NOT NULL DEFAULT '';
ALTER TABLE vnfr                ADD COLUMN room text NOT NULL DEFAULT '';   -- of its VNFM; moves with the endpoint
ALTER TABLE manager_credentials ADD COLUMN room text NOT NULL DEFAULT '';
ALTER TABLE command             ADD COLUMN room text NOT NULL DEFAULT '';   -- where it was sent, and where its answer comes from
ALTER TABLE outbox              ADD COLUMN room text NOT NULL DEFAULT '';
