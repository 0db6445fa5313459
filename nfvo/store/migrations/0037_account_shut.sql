-- Accounts that gave the broker too much work: shut out of it until then (nfvo/vnfm/load_watch.c). A row is what the broker shall have, so
-- that a process that ends meanwhile leaves none shut out for ever. Those that were let in again stay for an hour: the next pause is longer.
CREATE TABLE account_shut (
    account     text PRIMARY KEY,
    room        text NOT NULL,                  -- virtual host in which it did that
    is_agent    boolean NOT NULL,
    is_over     boolean NOT NULL DEFAULT false, -- it was let in again
    times       integer NOT NULL DEFAULT 1,
    until_at    bigint NOT NULL
);
