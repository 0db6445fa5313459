-- Agents say who they are (user_id, vouched for by the broker), and nobody else is heard for a host. Those that were there before cannot
-- say it yet: of them alone it is not asked.
ALTER TABLE agent ADD COLUMN is_old boolean NOT NULL DEFAULT true;
ALTER TABLE agent ALTER COLUMN is_old SET DEFAULT false;
