-- Counts a call of a tool, and refuses it when there were `most` within the last `window_s` seconds, over all processes.
create or replace function studio_tool_call_v1(tool text, most integer, window_s double precision)
returns jsonb language plpgsql set search_path = public as $$
declare
    before_all timestamptz := clock_timestamp() - make_interval(secs => window_s);
    calls integer;
    oldest timestamptz;
begin
    if tool is null or tool !~ '^[a-z][a-z0-9_]{0,63}$' or most is null or most < 1 or window_s is null
       or not (window_s > 0 and window_s <= 86400) then
        perform private.fail_v1('PT400', 'BadInput', 'That is no tool whose calls could be counted.');
    end if;
    perform pg_advisory_xact_lock(hashtextextended(auth.uid()::text || '/' || tool, 5));
    delete from tool_calls c where c.at < clock_timestamp() - interval '1 day';
    select count(*), min(c.at) into calls, oldest
    from tool_calls c where c.tool = studio_tool_call_v1.tool and c.at > before_all;
    if calls >= most then
        perform private.fail_v1('PT429', 'TooOften',
            format('%s was called %s times in the last %s s, which is the most. Wait, then go on.', tool, calls, window_s),
            jsonb_build_object('after_s', greatest(extract(epoch from oldest - before_all), 0)));
    end if;
    insert into tool_calls (tool) values (studio_tool_call_v1.tool);
    return jsonb_build_object('left', most - calls - 1);
end
$$;
