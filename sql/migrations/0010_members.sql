-- Who else works in somebody's studio, and as what. A studio is all that one person owns: sessions, cast, takes, spending.
-- An invitation is for an e-mail address; whoever signs in with it, vouched for by their identity provider, is in.
create table members (
    owner      uuid        not null default auth.uid(),
    email      text        not null check (email = lower(email) and email like '%_@_%' and length(email) <= 320),
    role       text        not null check (role in ('producer', 'reviewer')),
    owner_name text        not null default '' check (length(owner_name) <= 200),
    member     uuid,
    name       text        not null default '' check (length(name) <= 200),
    invited_at timestamptz not null default now(),
    joined_at  timestamptz,
    primary key (owner, email)
);
create index members_by_member on members (member) where member is not null;
create index members_invited on members (email) where member is null;
alter table members enable row level security;
alter table members force row level security;
-- Only ever one's own rows and invitations: nothing here may ask what the functions below ask of this table.
create policy owner_only on members to authenticated
    using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
create policy seen_by_member on members for select to authenticated
    using (member = (select auth.uid()) or email = (select lower(auth.jwt() ->> 'vouched_email')));
create policy joined on members for update to authenticated
    using (member is null and email = (select lower(auth.jwt() ->> 'vouched_email')))
    with check (member = (select auth.uid()));
create policy left_by_member on members for delete to authenticated using (member = (select auth.uid()));

-- Whose studio the caller works in, by the claim `studio`: null where they have no business there. Their own without it.
-- Only a token that the studio itself made is `seated`: one that somebody got by signing up at the project opens nothing.
create function private.studio_of_v1() returns uuid language sql stable set search_path = public as $$
    select case
        when auth.jwt() ->> 'seated' is distinct from 'true' then null
        when coalesce(auth.jwt() ->> 'studio', '') in ('', auth.jwt() ->> 'sub') then auth.uid()
        else (select m.owner from members m
              where m.owner = (auth.jwt() ->> 'studio')::uuid and m.member = auth.uid())
    end
$$;

-- As what: owner, producer or reviewer; null where they have no business there.
create function private.role_v1() returns text language sql stable set search_path = public as $$
    select case
        when auth.uid() is null or auth.jwt() ->> 'seated' is distinct from 'true' then null
        when coalesce(auth.jwt() ->> 'studio', '') in ('', auth.jwt() ->> 'sub') then 'owner'
        else (select m.role from members m
              where m.owner = (auth.jwt() ->> 'studio')::uuid and m.member = auth.uid())
    end
$$;

create function private.makes_v1() returns boolean language sql stable set search_path = public as $$
    select coalesce(private.role_v1() in ('owner', 'producer'), false)
$$;

-- An invited person may say yes; to what, they don't choose.
create function private.members_guard_v1() returns trigger language plpgsql set search_path = public as $$
begin
    if auth.uid() is distinct from old.owner
       and (new.owner, new.email, new.role, new.owner_name, new.invited_at)
           is distinct from (old.owner, old.email, old.role, old.owner_name, old.invited_at) then
        raise exception 'Only its owner changes who works in a studio.' using errcode = '42501';
    end if;
    return new;
end
$$;
create trigger members_guard before update on members
    for each row execute function private.members_guard_v1();

-- Who did what, by the name they had: nobody has to be looked up in other people's rows. Null: before this, or imported.
do $$
declare
    named text;
begin
    foreach named in array array['edits', 'takes', 'exports', 'script_versions'] loop
        execute format('alter table %I add column actor_name text check (length(actor_name) <= 200)', named);
        execute format(
            'alter table %I alter column actor_name set default left(auth.jwt() ->> ''name'', 200)', named);
    end loop;
    -- Functions with their owner's rights ask who is a member as well, and may stand under these rules too.
    execute format('create policy told_to_definers on members for select to %I using (true)', current_user);
end
$$;

-- Everything of a studio is seen by all who work there, and made, changed and deleted by its owner and producers.
-- Reviewers pick, star and note, all of which can be undone; for that they touch sessions and beats, see below. One rule
-- for each deed: of two that allow the same, the planner can't tell that they name the same owner.
do $$
declare
    named text;
    here constant text := 'owner = (select private.studio_of_v1())';
    makes constant text := here || ' and (select private.makes_v1())';
    changes text;
    reviews text;
begin
    foreach named in array array[
        'blobs', 'characters', 'voice_profiles', 'sessions', 'script_versions', 'beats', 'takes', 'selections', 'take_marks',
        'generations', 'take_parts', 'ledger', 'exports', 'edits', 'approvals', 'conversations', 'conversation_messages',
        'tool_calls', 'provider_answers'
    ] loop
        reviews := case when named in ('selections', 'take_marks', 'edits') then here else makes end;
        changes := case when named in ('sessions', 'beats') then here else reviews end;
        execute format('alter table %I alter column owner set default private.studio_of_v1()', named);
        execute format('drop policy owner_only on %I', named);
        execute format('create policy seen on %I for select to authenticated using (%s)', named, here);
        execute format('create policy made on %I for insert to authenticated with check (%s)', named, reviews);
        execute format('create policy changed on %I for update to authenticated using (%s) with check (%s)',
                       named, changes, changes);
        execute format('create policy removed on %I for delete to authenticated using (%s)', named, reviews);
    end loop;
end
$$;

-- A rule for rows can't tell columns apart: of what a reviewer touches, these are all that may differ.
create function private.reviewer_guard_v1() returns trigger language plpgsql set search_path = public as $$
begin
    if not private.makes_v1() and to_jsonb(new) - tg_argv is distinct from to_jsonb(old) - tg_argv then
        raise exception 'A reviewer listens, stars, notes and picks. Ask a producer of this studio for the rest.'
            using errcode = '42501';
    end if;
    return new;
end
$$;
create trigger sessions_reviewer before update on sessions
    for each row execute function private.reviewer_guard_v1('updated_at');
create trigger beats_reviewer before update on beats
    for each row execute function private.reviewer_guard_v1('note');

-- The audio lies under its owner's id: read by all who work there, put and removed by those who make.
do $make$
begin
    if to_regclass('storage.buckets') is null then
        return;
    end if;
    drop policy viraltracker_read on storage.objects;
    drop policy viraltracker_put on storage.objects;
    drop policy viraltracker_remove on storage.objects;
    create policy viraltracker_read on storage.objects for select to authenticated
        using (bucket_id = 'viraltracker' and (storage.foldername(name))[1] = (select private.studio_of_v1())::text);
    create policy viraltracker_put on storage.objects for insert to authenticated
        with check (bucket_id = 'viraltracker' and (storage.foldername(name))[1] = (select private.studio_of_v1())::text
                    and (select private.makes_v1()));
    create policy viraltracker_remove on storage.objects for delete to authenticated
        using (bucket_id = 'viraltracker' and (storage.foldername(name))[1] = (select private.studio_of_v1())::text
               and (select private.makes_v1()));
end
$make$;
