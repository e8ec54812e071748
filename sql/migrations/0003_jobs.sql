-- What the queue needs beside the vendor's schema `procrastinate` (applied before this file): what the job worker may,
-- the leases on providers' slots, and the list of job workers. All in `private`, which no API exposes.

-- The role a job worker's queue connections act in: the queue and the tables here, nothing of the producers'.
grant usage on schema procrastinate to studio_worker;
grant select, insert, update, delete on all tables in schema procrastinate to studio_worker;
grant usage on all sequences in schema procrastinate to studio_worker;
grant execute on all functions in schema procrastinate to studio_worker;

-- One row is one call under way at a provider. It ends by itself, so that a killed worker gives its slot back, but not
-- before the call it made can still be running there.
create table private.slots (
    provider    text        not null,
    slot_number integer     not null check (slot_number > 0),
    holder      uuid        not null unique,
    expires_at  timestamptz not null,
    primary key (provider, slot_number)
);

-- Job workers that live, or lately did. `queue_workers` are the vendor's ids of the same process, one for each queue.
create table private.workers (
    id            uuid        primary key,
    name          text        not null,
    host          text        not null,
    pid           integer     not null,
    queues        text[]      not null,
    queue_workers bigint[]    not null,
    started_at    timestamptz not null default clock_timestamp(),
    seen_at       timestamptz not null default clock_timestamp()
);
grant select, insert, update, delete on private.workers to studio_worker;
