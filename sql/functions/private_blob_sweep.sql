-- Forgets files that nothing refers to and that were put `unused_days` ago or earlier; how many, and all hashes that are
-- still known to anybody afterwards. A reference that is being written right now holds its row by the foreign key: the
-- sweep then fails as a whole and can be run again. One sweep at a time. For upkeep alone.
create or replace function private.blob_sweep_v1(unused_days double precision)
returns jsonb language plpgsql security definer set search_path = public, pg_temp as $$
declare
    swept integer;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('viraltracker/blob_sweep', 0)) then
        raise exception 'Another sweep is under way. Try again when it is done.' using errcode = 'PT409';
    end if;
    delete from blobs b
    where b.created_at < now() - make_interval(secs => unused_days * 86400)
      and not exists (select from private.blob_references_v1() r where r.sha256 = b.sha256 and r.owner = b.owner);
    get diagnostics swept = row_count;
    return jsonb_build_object('swept', swept,
                              'known', (select coalesce(jsonb_agg(distinct b.sha256), '[]') from blobs b));
exception
    when foreign_key_violation then
        raise exception 'Something was being saved meanwhile, so nothing was swept. Try again.' using errcode = 'PT409';
end
$$;
revoke all on function private.blob_sweep_v1(double precision) from public, authenticated;
grant execute on function private.blob_sweep_v1(double precision) to studio_login;
