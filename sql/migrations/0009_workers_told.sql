-- What a job worker was told: to go on, to take nothing new and end when its jobs are done, or to end soon. `kept`: whoever
-- started it would start it again, so it can't be told to end.
alter table private.workers add column told text not null default 'work' check (told in ('work', 'drain', 'stop'));
alter table private.workers add column kept boolean not null default false;
drop function if exists private.worker_beat_v1(uuid, text, text, integer, text[], bigint[], bigint[]);
