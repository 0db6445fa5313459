-- Phases of aggregates and kinds of commands are words (nfvo/words), no numbers that only the program knew. A number without a word has no
-- business here: it becomes NULL, and the step fails.
--
-- Not beside a running nfvo of before, which reads and writes numbers. One that was killed a moment ago is waited for.
DO $$
DECLARE
    began bigint := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
    running text;
    is_young boolean;
BEGIN
    LOOP
        SELECT string_agg(format('pid %s on %s', pid, host), ', ') FILTER (WHERE at > began),
            bool_or(at > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 10000000)
            INTO running, is_young FROM heartbeat WHERE NOT has_stopped;
        IF running IS NOT NULL THEN
            RAISE EXCEPTION 'an nfvo of the release before still runs (%): stop every one of them, then start the new ones', running;
        END IF;
        EXIT WHEN is_young IS NOT TRUE;
        PERFORM pg_sleep(0.5);
    END LOOP;
END $$;

DROP TRIGGER agent_wanted ON instance;
DROP TRIGGER agent_unwanted ON instance;
DROP TRIGGER agent_dropped ON instance;

ALTER TABLE nsr ALTER COLUMN phase TYPE text USING CASE phase WHEN 0 THEN 'DEPLOYING' WHEN 1 THEN 'ACTIVE' WHEN 2 THEN 'FAILED' WHEN 3
        THEN 'RELEASING' WHEN 100 THEN 'TOMBSTONE' END;
ALTER TABLE vnfr ALTER COLUMN phase TYPE text USING CASE phase WHEN 0 THEN 'INSTANTIATING' WHEN 1 THEN 'GRANTING' WHEN 2 THEN 'GRANTED'
        WHEN 3 THEN 'ALLOCATING' WHEN 4 THEN 'ALLOCATED' WHEN 5 THEN 'WAIT_SOURCES' WHEN 6 THEN 'MODIFYING' WHEN 7 THEN 'WAIT_TURN' WHEN
        8 THEN 'STARTING' WHEN 9 THEN 'ACTIVE' WHEN 10 THEN 'HELD' WHEN 11 THEN 'FAILED' WHEN 12 THEN 'UNDOING' WHEN 13 THEN 'RELEASING'
        WHEN 14 THEN 'DELETING' WHEN 15 THEN 'GONE' END;
ALTER TABLE instance ALTER COLUMN phase TYPE text USING CASE phase WHEN 0 THEN 'LAUNCHING' WHEN 1 THEN 'DOUBT' WHEN 2 THEN 'UP' WHEN 3
        THEN 'FAILED' WHEN 4 THEN 'DELETING' WHEN 5 THEN 'GONE' END;
ALTER TABLE pop ALTER COLUMN phase TYPE text USING CASE phase WHEN 0 THEN 'REGISTERING' WHEN 1 THEN 'READY' END;
ALTER TABLE command ALTER COLUMN agg_kind TYPE text USING CASE agg_kind WHEN 0 THEN 'nsr' WHEN 1 THEN 'pop' END, ALTER COLUMN kind TYPE
        text USING CASE kind WHEN 1 THEN 'INSTANTIATE' WHEN 2 THEN 'MODIFY' WHEN 3 THEN 'START' WHEN 4 THEN 'RELEASE_RESOURCES' WHEN 5
        THEN 'PREPARE_POP' WHEN 6 THEN 'LAUNCH' WHEN 7 THEN 'DELETE' WHEN 8 THEN 'LIST_POP' WHEN 9 THEN 'TIMER_SOURCES' WHEN 10 THEN
        'TIMER_TURN' WHEN 11 THEN 'TIMER_LIST' WHEN 12 THEN 'TIMER_RELEASE' WHEN 13 THEN 'REFRESH' WHEN 14 THEN 'CREATE_NETWORK' WHEN 15
        THEN 'LIST_SERVERS' WHEN 16 THEN 'WAIT_PREPARE' WHEN 17 THEN 'WAIT_LIST' WHEN 18 THEN 'WAIT_OPERATION' WHEN 19 THEN
        'LOG_REQUEST' WHEN 20 THEN 'TIMER_DOUBT' WHEN 21 THEN 'GET_QUOTA' END;

-- An agent's login is wanted until its server is being deleted: its TERMINATE scripts are done, nobody has to talk to it any more.
CREATE TRIGGER agent_wanted AFTER INSERT ON instance FOR EACH ROW
    WHEN (NEW.agent <> '' AND NEW.phase NOT IN ('DELETING', 'GONE')) EXECUTE FUNCTION agent_wanted();
CREATE TRIGGER agent_unwanted AFTER UPDATE OF phase ON instance FOR EACH ROW
    WHEN (OLD.agent <> '' AND OLD.phase NOT IN ('DELETING', 'GONE') AND NEW.phase IN ('DELETING', 'GONE')) EXECUTE FUNCTION agent_unwanted();
CREATE TRIGGER agent_dropped AFTER DELETE ON instance FOR EACH ROW
    WHEN (OLD.agent <> '' AND OLD.phase NOT IN ('DELETING', 'GONE')) EXECUTE FUNCTION agent_unwanted();

-- For people: what is outstanding, and until when.
CREATE VIEW outstanding AS
    SELECT coalesce(n.name, p.name, c.agg) AS of, c.agg_kind, c.kind, coalesce(v.name, i.hostname, c.subject) AS about,
        to_timestamp(c.opened_at / 1e6) AS opened, to_timestamp(c.due_at / 1e6) AS due, c.id
    FROM command c LEFT JOIN nsr n ON n.id = c.agg LEFT JOIN pop p ON p.id = c.agg LEFT JOIN vnfr v ON v.id = c.subject
        LEFT JOIN instance i ON i.id = c.subject ORDER BY c.due_at;
