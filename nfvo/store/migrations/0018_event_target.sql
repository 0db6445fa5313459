-- Where events go, while nobody answers there: decisions.md D26. A row comes with a subscription, until somebody was seen there, and when a
-- delivery fails; it goes when one succeeds. Found by a digest, since an address may be longer than an index takes.
CREATE TABLE event_target (
    key         text PRIMARY KEY,           -- of event_endpoint.target
    type        text NOT NULL,
    endpoint    text NOT NULL,
    since       bigint NOT NULL,
    tries       integer NOT NULL DEFAULT 0,
    next_at     bigint NOT NULL,            -- when somebody looks again whether it answers
    fault       text NOT NULL DEFAULT ''    -- '': not looked yet
);
CREATE INDEX event_target_next ON event_target (next_at);
ALTER TABLE event_endpoint ADD COLUMN target text NOT NULL
    GENERATED ALWAYS AS (md5(coalesce(doc_json(doc) ->> 'type', '') || ' ' || coalesce(doc_json(doc) ->> 'endpoint', ''))) STORED;
CREATE INDEX event_endpoint_target_key ON event_endpoint (target);
