-- Which model answers, as set on the page. Called with values it sets them first.
create or replace function studio_agent_settings_v1(model text default null, base_url text default null)
returns jsonb language plpgsql set search_path = public as $$
declare
    held agent_settings;
begin
    if length(model) > 200 or length(base_url) > 500 then
        perform private.fail_v1('PT400', 'BadInput', 'That is too long for a model or an address.');
    end if;
    if model is not null or base_url is not null then
        insert into agent_settings (model, base_url) values (coalesce(studio_agent_settings_v1.model, ''),
                                                             coalesce(studio_agent_settings_v1.base_url, ''))
        on conflict on constraint agent_settings_pkey do update set
            model = coalesce(studio_agent_settings_v1.model, agent_settings.model),
            base_url = coalesce(studio_agent_settings_v1.base_url, agent_settings.base_url), updated_at = now();
    end if;
    select * into held from agent_settings s where s.owner = auth.uid();
    return jsonb_build_object('model', coalesce(held.model, ''), 'base_url', coalesce(held.base_url, ''));
end
$$;
