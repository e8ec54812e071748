-- Where there is Supabase Storage: a private bucket for the audio. Its owner's id is the first folder of every name, so
-- that a policy can compare it with who asks. Nothing here on a plain Postgres: audio lies in a folder then.
do $make$
begin
    if to_regclass('storage.buckets') is null then
        return;
    end if;
    insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
    values ('viraltracker', 'viraltracker', false, 2147483648, array['audio/*', 'application/zip', 'application/octet-stream'])
    on conflict (id) do update
        set public = false, file_size_limit = excluded.file_size_limit, allowed_mime_types = excluded.allowed_mime_types;
    create policy viraltracker_read on storage.objects for select to authenticated
        using (bucket_id = 'viraltracker' and (storage.foldername(name))[1] = (select auth.uid())::text);
    create policy viraltracker_put on storage.objects for insert to authenticated
        with check (bucket_id = 'viraltracker' and (storage.foldername(name))[1] = (select auth.uid())::text);
    create policy viraltracker_remove on storage.objects for delete to authenticated
        using (bucket_id = 'viraltracker' and (storage.foldername(name))[1] = (select auth.uid())::text);
end
$make$;
