-- What the simulator found of the reconciler. A server that its PoP did not list, and in whose place another was launched, may come back:
-- it is remembered by its id, beside those of before.
ALTER TABLE server_past DROP CONSTRAINT server_past_pkey;
ALTER TABLE server_past ADD PRIMARY KEY (instance_id, vc_id);
CREATE OR REPLACE FUNCTION server_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO server_past (instance_id, hostname, pop_id, vc_id, nsr_id, nsr_name, project_id, vnfr_name, gone_at)
        SELECT OLD.id, OLD.hostname, OLD.pop_id, CASE WHEN NEW.phase IN ('DELETING', 'GONE') THEN NEW.vc_id ELSE OLD.vc_id END, OLD.agg,
            coalesce((SELECT n.name FROM nsr n WHERE n.id = OLD.agg), ''),
            coalesce((SELECT n.project_id FROM nsr n WHERE n.id = OLD.agg), ''), coalesce((SELECT v.name FROM vnfr v WHERE v.id = OLD.vnfr_id), ''),
            (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
        ON CONFLICT (instance_id, vc_id) DO UPDATE SET gone_at = excluded.gone_at;
    RETURN NULL;
END $$;
ALTER FUNCTION server_goes() SET search_path FROM CURRENT;
CREATE TRIGGER server_is_replaced AFTER UPDATE OF vc_id ON instance FOR EACH ROW
    WHEN (OLD.vc_id <> '' AND NEW.vc_id <> OLD.vc_id AND NEW.phase NOT IN ('DELETING', 'GONE')) EXECUTE FUNCTION server_goes();

-- Told when its service says so, not before: until then whoever tells it has it for a while.
ALTER TABLE alarm ADD COLUMN telling_at bigint NOT NULL DEFAULT 0;

-- Attempts within the last hour, whenever that is: those since hour_at may be twice as many.
ALTER TABLE heal ADD COLUMN recent bigint[] NOT NULL DEFAULT '{}';
