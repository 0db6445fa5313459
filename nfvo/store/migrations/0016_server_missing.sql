-- Servers of active services that their PoP did not list: gone when enough listings missed them (nfvo/store/store_watch.h).
CREATE TABLE server_missing (
    instance_id text PRIMARY KEY,
    pop_id      text NOT NULL,
    weight      bigint NOT NULL,            -- of the listings in a row that missed it
    since       bigint NOT NULL             -- when the first of them was asked for
);
CREATE INDEX server_missing_pop ON server_missing (pop_id);
