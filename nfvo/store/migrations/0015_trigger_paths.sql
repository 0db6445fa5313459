-- Triggers find their tables also for a session that has no search path of ours: an operator's psql.
ALTER FUNCTION event_interest_count() SET search_path FROM CURRENT;
ALTER FUNCTION record_history_drop() SET search_path FROM CURRENT;
ALTER FUNCTION agent_wanted() SET search_path FROM CURRENT;
ALTER FUNCTION agent_unwanted() SET search_path FROM CURRENT;
