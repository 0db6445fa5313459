-- An unmodified agent has a virtual host of its own ("ems.<hostname>"): through the default exchange, which it needs, it would reach every
-- other agent. instance.agent says "<endpoint>/own" then (nfvo/lifecycle/types.h, INSTANCE_AGENT_OWN).
ALTER TABLE agent_login ADD COLUMN is_alone boolean NOT NULL DEFAULT false;
-- Launched with agents-default-exchange before that: it shares the agents' virtual host, with the rights that it had.
ALTER TABLE agent_login ADD COLUMN is_shared boolean NOT NULL DEFAULT true;
ALTER TABLE agent_login ALTER COLUMN is_shared SET DEFAULT false;

-- Who commands the agents of an endpoint: accounts on the broker, which get rights in those virtual hosts.
CREATE TABLE agents_manager (
    account     text PRIMARY KEY,
    endpoint    text NOT NULL
);

CREATE OR REPLACE FUNCTION agent_wanted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO agent_login (hostname, endpoint, is_alone) VALUES (NEW.hostname, split_part(NEW.agent, '/', 1), NEW.agent LIKE '%/own')
        ON CONFLICT DO NOTHING;
    PERFORM pg_notify('agent', '');
    RETURN NULL;
END $$;
