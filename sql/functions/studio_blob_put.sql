-- Notes that the owner has a file, after its bytes were kept. Again for the same file: it counts as new, so that nobody
-- sweeps it before something refers to it.
create or replace function studio_blob_put_v1(sha256 text, bytes bigint, media_type text)
returns jsonb language plpgsql set search_path = public, pg_temp as $$
begin
    insert into blobs (sha256, bytes, media_type)
    values (studio_blob_put_v1.sha256, studio_blob_put_v1.bytes, studio_blob_put_v1.media_type)
    on conflict on constraint blobs_pkey do update set created_at = now();
    return jsonb_build_object('sha256', studio_blob_put_v1.sha256);
end
$$;
