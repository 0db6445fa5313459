-- The reconciler (nfvo/reconcile): what PoPs list against what the store says. server_missing (0016) is not written any more; processes of
-- before may still do it, so it goes with a later migration.
CREATE TABLE pop_watch (                    -- a row for each PoP that is looked at
    pop_id      text PRIMARY KEY,
    next_at     bigint NOT NULL,            -- when it is asked for its servers again
    operation   text NOT NULL DEFAULT '',   -- the listing that is waited for (table rest_call); '': none
    asked_at    bigint NOT NULL DEFAULT 0,
    wanted_at   bigint NOT NULL DEFAULT 0,  -- somebody wants a listing that was asked for after this
    looked_at   bigint NOT NULL DEFAULT 0,  -- the last listing that was compared was asked for then
    good_since  bigint NOT NULL DEFAULT 0,  -- since when listings are good; 0: the last one was not
    failures    bigint NOT NULL DEFAULT 0,  -- in a row
    fault       text NOT NULL DEFAULT '',
    outage_at   bigint NOT NULL DEFAULT 0,  -- since when so much is missing that the cloud is suspected; 0: it is not
    servers     bigint NOT NULL DEFAULT 0,  -- listed
    expected    bigint NOT NULL DEFAULT 0,  -- of ours
    networks    text NOT NULL DEFAULT ''    -- digest of the networks that were compared last
);
CREATE INDEX pop_watch_next ON pop_watch (next_at);
CREATE INDEX pop_watch_operation ON pop_watch (operation) WHERE operation <> '';

-- What differs. No rows where nothing does.
CREATE TABLE drift (
    subject     text PRIMARY KEY,           -- id of an instance; net:<id of a virtual link's record>
    pop_id      text NOT NULL,
    kind        text NOT NULL,              -- nfvo/lifecycle/reconcile/judge.h
    weight      bigint NOT NULL,            -- of the listings in a row that said so
    believed    text NOT NULL DEFAULT '',   -- the kind that is believed; '': none yet
    since       bigint NOT NULL,
    detail      text NOT NULL DEFAULT ''
);
CREATE INDEX drift_pop ON drift (pop_id);
CREATE INDEX drift_believed ON drift (since) WHERE believed <> '';

-- Servers of ours that a PoP lists and that no row owns.
CREATE TABLE orphan (
    pop_id      text NOT NULL,
    server_id   text NOT NULL,
    hostname    text NOT NULL,
    status      text NOT NULL,
    mark        text NOT NULL,              -- how it is known to be ours: id, token, name
    since       bigint NOT NULL,
    seen_at     bigint NOT NULL,
    times       bigint NOT NULL DEFAULT 1,  -- listings in a row
    asked_at    bigint NOT NULL DEFAULT 0,  -- its deletion was, the last time
    asked_by    text NOT NULL DEFAULT '',
    PRIMARY KEY (pop_id, server_id)
);

-- Servers that were launched, for as long as they may come back: what an orphan belonged to.
CREATE TABLE server_past (
    instance_id text PRIMARY KEY,
    hostname    text NOT NULL,
    pop_id      text NOT NULL,
    vc_id       text NOT NULL,
    nsr_id      text NOT NULL,
    nsr_name    text NOT NULL,
    project_id  text NOT NULL,
    vnfr_name   text NOT NULL,
    gone_at     bigint NOT NULL
);
CREATE INDEX server_past_hostname ON server_past (hostname);
CREATE INDEX server_past_vc ON server_past (vc_id) WHERE vc_id <> '';
CREATE INDEX server_past_gone ON server_past (gone_at);
-- Written when its deletion begins: its service and VNF are there then.
CREATE FUNCTION server_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO server_past (instance_id, hostname, pop_id, vc_id, nsr_id, nsr_name, project_id, vnfr_name, gone_at)
        SELECT NEW.id, NEW.hostname, NEW.pop_id, NEW.vc_id, NEW.agg, coalesce((SELECT n.name FROM nsr n WHERE n.id = NEW.agg), ''),
            coalesce((SELECT n.project_id FROM nsr n WHERE n.id = NEW.agg), ''), coalesce((SELECT v.name FROM vnfr v WHERE v.id = NEW.vnfr_id), ''),
            (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
        ON CONFLICT (instance_id) DO UPDATE SET vc_id = excluded.vc_id, gone_at = excluded.gone_at;
    RETURN NULL;
END $$;
ALTER FUNCTION server_goes() SET search_path FROM CURRENT;
CREATE TRIGGER server_goes AFTER UPDATE OF phase ON instance FOR EACH ROW
    WHEN (NEW.phase IN ('DELETING', 'GONE') AND OLD.phase <> NEW.phase) EXECUTE FUNCTION server_goes();

-- Alarms, with ETSI's members (proto/records/alarm.h).
CREATE TABLE alarm (
    id          text PRIMARY KEY,
    subject     text NOT NULL,              -- drift.subject; pop:<id>:<what>
    kind        text NOT NULL,
    project_id  text NOT NULL,
    pop_id      text NOT NULL,
    pop_name    text NOT NULL,
    nsr_id      text NOT NULL DEFAULT '',   -- '': of the PoP
    nsr_name    text NOT NULL DEFAULT '',
    vnfr_id     text NOT NULL DEFAULT '',
    host        text NOT NULL DEFAULT '',
    resource_id text NOT NULL DEFAULT '',   -- the PoP's own id of it
    severity    text NOT NULL,
    event_type  text NOT NULL,
    cause       text NOT NULL,
    is_root     boolean NOT NULL,
    root_id     text NOT NULL DEFAULT '',   -- alarm that it follows from
    detail      text NOT NULL,
    healing     text NOT NULL DEFAULT '',   -- what is done about it, or why not
    raised_at   bigint NOT NULL,
    changed_at  bigint NOT NULL,
    cleared_at  bigint,
    acked_at    bigint,
    acked_by    text NOT NULL DEFAULT '',
    told        text NOT NULL DEFAULT ''    -- its service's history and subscribers know of this kind; CLEARED
);
CREATE UNIQUE INDEX alarm_open ON alarm (subject) WHERE cleared_at IS NULL;
CREATE INDEX alarm_project ON alarm (project_id, raised_at);
CREATE INDEX alarm_raised ON alarm (raised_at);
CREATE INDEX alarm_cleared ON alarm (cleared_at) WHERE cleared_at IS NOT NULL;
CREATE INDEX alarm_pop ON alarm (pop_id) WHERE cleared_at IS NULL;
CREATE INDEX alarm_nsr ON alarm (nsr_id);
CREATE INDEX alarm_untold ON alarm (id) WHERE told <> CASE WHEN cleared_at IS NULL THEN kind ELSE 'CLEARED' END;

-- Attempts at healing; stays for an hour after the last one.
CREATE TABLE heal (
    subject     text PRIMARY KEY,           -- drift.subject; vnfr:<id> where the whole VNF is healed
    pop_id      text NOT NULL,
    nsr_id      text NOT NULL,
    operation   text NOT NULL,
    attempts    bigint NOT NULL,            -- within the hour from hour_at on
    hour_at     bigint NOT NULL,
    last_at     bigint NOT NULL
);
CREATE INDEX heal_pop ON heal (pop_id);
CREATE INDEX heal_last ON heal (last_at);
