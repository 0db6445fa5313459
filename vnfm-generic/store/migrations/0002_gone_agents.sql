-- A host that was released may still say hello: that must not make it known again. Its row stays as a mark for a while.
ALTER TABLE agent ADD COLUMN gone_at bigint;   -- NULL: not released
CREATE INDEX agent_gone ON agent (gone_at) WHERE gone_at IS NOT NULL;
