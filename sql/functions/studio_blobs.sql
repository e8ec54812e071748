-- The caller's files in the order of their hashes, behind one of them: [{sha256, bytes}].
create or replace function studio_blobs_v1(behind text default '', most integer default 500)
returns jsonb language sql stable set search_path = public as $$
    select coalesce(jsonb_agg(jsonb_build_object('sha256', b.sha256, 'bytes', b.bytes) order by b.sha256), '[]')
    from (select sha256, bytes from blobs where sha256 > behind order by sha256 limit most) b
$$;
