-- A session's takes are read together now; the function for one of them has no caller.
drop function if exists private.take_json_v1(takes, boolean);
