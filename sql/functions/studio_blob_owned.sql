-- Whether the caller has a file with that hash.
create or replace function studio_blob_owned_v1(sha256 text)
returns jsonb language sql stable set search_path = public as $$
    select to_jsonb(exists (select from blobs b where b.sha256 = studio_blob_owned_v1.sha256))
$$;
