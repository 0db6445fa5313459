-- What instances use of a PoP's quota is counted by PoP and flavour (lifecycle/domain.c, FACT_USE). '': launched without a flavour, or before
-- this was kept.
ALTER TABLE instance ADD COLUMN flavour text NOT NULL DEFAULT '';
CREATE INDEX instance_pop ON instance (pop_id, flavour);
