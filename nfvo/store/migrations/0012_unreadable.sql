-- Stored documents that a worker could not read. It refuses what needs them and leaves their text alone; here stands what people are told
-- (baton status, baton explain), as long as the text is still that one.
CREATE TABLE unreadable (
    kind        text NOT NULL,              -- table
    id          text NOT NULL,
    agg         text NOT NULL,
    digest      text NOT NULL,              -- md5 of doc and state
    found_at    bigint NOT NULL,
    message     text NOT NULL,
    PRIMARY KEY (kind, id)
);

-- A document for a query that looks inside: one that is no JSON is NULL there, and does not fail the view of all the others.
CREATE FUNCTION doc_json(doc text) RETURNS json LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN doc::json;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END $$;
