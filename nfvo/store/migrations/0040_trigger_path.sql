-- 0032 replaced agent_wanted(), and with that its search path of 0015 was lost. room_tell() looks at no table; one rule for all is kept.
ALTER FUNCTION agent_wanted() SET search_path FROM CURRENT;
ALTER FUNCTION room_tell() SET search_path FROM CURRENT;
