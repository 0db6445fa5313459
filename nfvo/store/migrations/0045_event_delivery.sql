-- Of each subscription: when an event was delivered last, which one (its number is in the header seq, x-baton-seq), and how many in all.
-- No reference: a subscription may end while an event of it is under way; rows without one are swept.
CREATE TABLE event_delivery (
    endpoint_id text PRIMARY KEY,
    at          bigint NOT NULL,
    seq         bigint NOT NULL,
    n           bigint NOT NULL
);
