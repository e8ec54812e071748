-- The hash of a tool's arguments. jsonb spells equal values alike: keys in one order, no blanks of its writer's.
create or replace function private.arguments_hash_v1(arguments jsonb)
returns text language sql immutable set search_path = public as $$
    select encode(sha256(convert_to(arguments::text, 'UTF8')), 'hex')
$$;
