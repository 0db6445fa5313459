-- Agents write an exchange of their own, "ems.up" (proto/topology.h). Those that were launched before have the other one in their user
-- data, and keep it and their rights: also where the broker lost their user and it is made again.
ALTER TABLE agent_login ADD COLUMN is_old boolean NOT NULL DEFAULT true;
ALTER TABLE agent_login ALTER COLUMN is_old SET DEFAULT false;
