-- Whom an event goes to is found by keys: neither a worker nor the dispatcher reads all subscriptions.
--
-- subject: the VNFR or NSR that the subscription is about, '' for all of its project (amqp-protocol.md 8.2).
ALTER TABLE event_endpoint ADD COLUMN subject text NOT NULL GENERATED ALWAYS AS (coalesce(nullif(vnfr_id, ''), nullif(nsr_id, ''), '')) STORED;
CREATE INDEX event_endpoint_subject ON event_endpoint (subject, project_id, event);
CREATE INDEX event_endpoint_target ON event_endpoint USING hash ((doc_json(doc) ->> 'endpoint')); -- any length

-- Is anybody interested at all? One row for each distinct filter, whatever the number of subscriptions. A worker asks it before it makes
-- the body of an event; the subscriptions are found when the event is saved.
CREATE TABLE event_interest (
    subject     text NOT NULL,
    project_id  text NOT NULL,
    event       text NOT NULL,
    n           bigint NOT NULL,            -- subscriptions
    PRIMARY KEY (subject, project_id, event)
);
INSERT INTO event_interest SELECT subject, project_id, event, count(*) FROM event_endpoint GROUP BY 1, 2, 3;

CREATE FUNCTION event_interest_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE event_interest SET n = n - 1 WHERE subject = OLD.subject AND project_id = OLD.project_id AND event = OLD.event;
        DELETE FROM event_interest WHERE subject = OLD.subject AND project_id = OLD.project_id AND event = OLD.event AND n <= 0;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO event_interest AS i VALUES (NEW.subject, NEW.project_id, NEW.event, 1)
            ON CONFLICT (subject, project_id, event) DO UPDATE SET n = i.n + 1;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER event_interest_count AFTER INSERT OR DELETE OR UPDATE OF project_id, event, nsr_id, vnfr_id ON event_endpoint
    FOR EACH ROW EXECUTE FUNCTION event_interest_count();

-- Drivers by the type of the PoP.
CREATE INDEX vim_driver_type ON vim_driver (type);
