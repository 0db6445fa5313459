-- Accounts of peers on the broker (decisions.md D7). What a row says is what the broker shall have: a registry brings the broker to it,
-- and says so in `state`. Rows of before live in the inner room (''), and have the name of their type.
ALTER TABLE manager_credentials ADD COLUMN IF NOT EXISTS room text NOT NULL DEFAULT '';
ALTER TABLE manager_credentials ADD COLUMN type  text NOT NULL DEFAULT '';       -- that it may register; of a subscriber: ''
ALTER TABLE manager_credentials ADD COLUMN queue text NOT NULL DEFAULT '';       -- its queue, or what its queues begin with; '': by its type
ALTER TABLE manager_credentials ADD COLUMN is_enrolled boolean NOT NULL DEFAULT false; -- by an operator; else by registering
ALTER TABLE manager_credentials ADD COLUMN is_open boolean NOT NULL DEFAULT false;     -- by open registration
ALTER TABLE manager_credentials ADD COLUMN has_management boolean NOT NULL DEFAULT false; -- may read the broker's management API
ALTER TABLE manager_credentials ADD COLUMN state text NOT NULL DEFAULT 'ready' CHECK (state IN ('making', 'ready', 'ending'));
ALTER TABLE manager_credentials ADD COLUMN fault text NOT NULL DEFAULT '';       -- why it is not ready yet
ALTER TABLE manager_credentials ADD COLUMN made_at bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
ALTER TABLE manager_credentials ADD COLUMN seen_at bigint NOT NULL DEFAULT 0;    -- of an open one: when it was last connected
UPDATE manager_credentials SET type = username;
CREATE INDEX manager_credentials_due ON manager_credentials (username) WHERE state <> 'ready';
CREATE INDEX manager_credentials_room ON manager_credentials (room, type);

-- Who serves a type or a driver's queue: the account that registered it; '': of before, or seen by its queue only.
ALTER TABLE vnfm_endpoint ADD COLUMN account text NOT NULL DEFAULT '';
ALTER TABLE vim_driver ADD COLUMN account text NOT NULL DEFAULT '';
