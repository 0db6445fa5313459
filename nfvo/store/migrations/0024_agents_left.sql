-- Agents whose login was taken away a moment ago: their server is being deleted, and some try the broker once more. That is no refusal
-- that anybody has to act on.
CREATE TABLE agent_left (
    hostname    text PRIMARY KEY,
    at          bigint NOT NULL
);
CREATE INDEX agent_left_at ON agent_left (at);
