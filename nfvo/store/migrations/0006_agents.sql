-- Broker logins of EMS agents (decisions.md D9).

-- At which endpoint the instance's agent says hello; '': none of its own.
ALTER TABLE instance ADD COLUMN agent text NOT NULL DEFAULT '';

-- The logins that are wanted or there. A row comes with its instance, in the same transaction, and goes when the broker's user is gone.
CREATE TABLE agent_login (
    hostname    text PRIMARY KEY,
    endpoint    text NOT NULL,
    made_at     bigint NOT NULL DEFAULT 0,  -- 0: not yet
    lease_until bigint NOT NULL DEFAULT 0   -- whoever makes or removes it has so long
);
CREATE INDEX agent_login_due ON agent_login (lease_until) WHERE made_at = 0;
-- Those that have to go. A table of its own: the engine only ever inserts, so it never waits for whoever talks to the broker.
CREATE TABLE agent_gone (
    hostname    text PRIMARY KEY,
    lease_until bigint NOT NULL DEFAULT 0
);
CREATE INDEX agent_gone_due ON agent_gone (lease_until);

CREATE FUNCTION agent_wanted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO agent_login (hostname, endpoint) VALUES (NEW.hostname, NEW.agent) ON CONFLICT DO NOTHING;
    PERFORM pg_notify('agent', '');
    RETURN NULL;
END $$;
CREATE FUNCTION agent_unwanted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO agent_gone (hostname) VALUES (OLD.hostname) ON CONFLICT DO NOTHING;
    PERFORM pg_notify('agent', '');
    RETURN NULL;
END $$;
-- 4: INSTANCE_DELETING (nfvo/lifecycle/types.h): its TERMINATE scripts are done, nobody has to talk to it any more.
CREATE TRIGGER agent_wanted AFTER INSERT ON instance FOR EACH ROW
    WHEN (NEW.agent <> '' AND NEW.phase < 4) EXECUTE FUNCTION agent_wanted();
CREATE TRIGGER agent_unwanted AFTER UPDATE OF phase ON instance FOR EACH ROW
    WHEN (OLD.agent <> '' AND OLD.phase < 4 AND NEW.phase >= 4) EXECUTE FUNCTION agent_unwanted();
CREATE TRIGGER agent_dropped AFTER DELETE ON instance FOR EACH ROW
    WHEN (OLD.agent <> '' AND OLD.phase < 4) EXECUTE FUNCTION agent_unwanted();
