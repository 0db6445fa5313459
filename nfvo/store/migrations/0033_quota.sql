-- What a network service takes of its project's quota, since it was accepted: nfvo/store/store_quota.h. Without a foreign key: a share is
-- there before its service, and is swept some minutes after it.
CREATE TABLE nsr_claim (
    nsr_id      text PRIMARY KEY,
    project_id  text NOT NULL,
    instances   bigint NOT NULL,
    vcpus       bigint NOT NULL,
    ram         bigint NOT NULL,            -- MB
    at          bigint NOT NULL
);
CREATE INDEX nsr_claim_project ON nsr_claim (project_id);
CREATE FUNCTION nsr_claim_end() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM nsr_claim WHERE nsr_id IN (SELECT id FROM gone);
    RETURN NULL;
END $$;
CREATE TRIGGER nsr_claim_end AFTER DELETE ON nsr REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION nsr_claim_end();
