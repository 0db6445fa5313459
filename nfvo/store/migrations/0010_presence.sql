-- That a manager is not seen for a moment is not that it is gone: since when it is missed (NULL: it is there), and when it was last known
-- to be there by its registration. A driver that said goodbye (has_left) is kept for the same time: it may be restarting.
ALTER TABLE vnfm_endpoint ADD COLUMN seen_at bigint NOT NULL DEFAULT 0;
ALTER TABLE vnfm_endpoint ADD COLUMN absent_since bigint;
ALTER TABLE vim_driver ADD COLUMN seen_at bigint NOT NULL DEFAULT 0;
ALTER TABLE vim_driver ADD COLUMN absent_since bigint;
ALTER TABLE vim_driver ADD COLUMN has_left boolean NOT NULL DEFAULT false;
UPDATE vim_driver SET absent_since = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint WHERE NOT active;
-- Looks at the broker's queues count in the order in which they began: one that comes late says nothing.
CREATE TABLE manager_look (
    is_only     boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    at          bigint NOT NULL
);
INSERT INTO manager_look (at) VALUES (0);
