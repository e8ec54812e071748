-- Questions, newest first: the open ones, or with `every` the answered ones too; of one conversation or of all.
create or replace function studio_approvals_v1(
    conversation uuid default null, every boolean default false, most integer default 50)
returns jsonb language sql stable set search_path = public as $$
    select coalesce(jsonb_agg(private.approval_json_v1(a::approvals) order by a.asked_at desc, a.id desc), '[]')
    from (
        select * from approvals a
        where (studio_approvals_v1.conversation is null or a.conversation = studio_approvals_v1.conversation)
          and (every or (a.status = 'asked' and a.expires_at > clock_timestamp()))
        order by a.asked_at desc, a.id desc limit least(greatest(most, 0), 500)
    ) a
$$;
