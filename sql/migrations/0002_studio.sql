-- The studio's own tables. Every row has an owner; row level security decides, and composite foreign keys
-- (owner, id) keep a row from pointing into somebody else's session.

create table characters (
    owner      uuid        not null default auth.uid(),
    id         text        not null check (id ~ '^[a-z0-9][a-z0-9-]{0,49}$'),
    position   integer     not null,
    facts      jsonb       not null,
    created_at timestamptz not null default now(),
    primary key (owner, id)
);

create table voice_profiles (
    id           uuid        primary key default private.uuid7(),
    owner        uuid        not null default auth.uid(),
    character_id text        not null,
    version      integer     not null check (version > 0),
    active       boolean     not null,
    profile      jsonb       not null,
    created_at   timestamptz not null default now(),
    foreign key (owner, character_id) references characters (owner, id) on delete cascade,
    unique (owner, character_id, version)
);
create unique index voice_profiles_one_active on voice_profiles (owner, character_id) where active;

create table sessions (
    id            uuid          primary key default private.uuid7(),
    owner         uuid          not null default auth.uid(),
    title         text          not null check (length(title) between 1 and 255),
    project       text          not null default '' check (length(project) <= 100),
    script_number integer       not null default 0,
    cap_usd       numeric(12, 6) check (cap_usd >= 0),
    created_at    timestamptz   not null default now(),
    updated_at    timestamptz   not null default now(),
    archived_at   timestamptz,
    deleted_at    timestamptz,
    unique (owner, id)
);
create index sessions_by_change on sessions (owner, updated_at desc);

create table script_versions (
    id         uuid        primary key default private.uuid7(),
    owner      uuid        not null default auth.uid(),
    session_id uuid        not null,
    number     integer     not null check (number > 0),
    els        text        not null,
    created_at timestamptz not null default now(),
    foreign key (owner, session_id) references sessions (owner, id) on delete cascade,
    unique (session_id, number)
);

-- A beat that leaves the script keeps its row and its takes; it only loses its place.
create table beats (
    id         uuid    primary key default private.uuid7(),
    owner      uuid    not null default auth.uid(),
    session_id uuid    not null,
    beat_id    text    not null check (beat_id ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$'),
    position   integer,
    content    jsonb   not null,
    locked     boolean not null default false,
    note       text    not null default '' check (length(note) <= 2000),
    foreign key (owner, session_id) references sessions (owner, id) on delete cascade,
    unique (session_id, beat_id),
    unique (owner, id)
);

create table takes (
    id           uuid        primary key default private.uuid7(),
    owner        uuid        not null default auth.uid(),
    session_id   uuid        not null,
    beat         uuid        not null,
    number       integer     not null check (number > 0),
    status       text        not null default 'queued'
                 check (status in ('queued', 'generating', 'done', 'failed', 'cancelled')),
    plan         jsonb       not null,
    plan_key     text        not null check (plan_key ~ '^[0-9a-f]{64}$'),
    revision     jsonb       not null default '{}',
    made_from    uuid,
    queue        text        not null,
    batch        uuid        not null,
    pick         boolean     not null default false,
    parts        integer     not null,
    parts_done   integer     not null default 0,
    claim        uuid,
    lease_until  timestamptz,
    audio_sha256 text,
    duration_ms  integer,
    lufs         real,
    judgement    jsonb,
    peaks        text,
    error        jsonb,
    waiting      jsonb,
    requested_at timestamptz not null default now(),
    started_at   timestamptz,
    finished_at  timestamptz,
    foreign key (owner, session_id) references sessions (owner, id) on delete cascade,
    foreign key (owner, beat) references beats (owner, id) on delete cascade,
    foreign key (owner, audio_sha256) references blobs (owner, sha256),
    check (status <> 'done' or (audio_sha256 is not null and duration_ms is not null)),
    unique (beat, number),
    unique (beat, id),
    unique (owner, id)
);
-- The same press twice, or from two tabs, is one job.
create unique index takes_one_under_way on takes (beat, plan_key) where status in ('queued', 'generating');
create index takes_of_session on takes (session_id, beat, number);
create index takes_under_way on takes (owner, status) where status in ('queued', 'generating');

-- One picked take per beat: the primary key says so.
create table selections (
    beat        uuid        primary key,
    owner       uuid        not null default auth.uid(),
    take        uuid        not null,
    selected_at timestamptz not null default now(),
    foreign key (owner, beat) references beats (owner, id) on delete cascade,
    foreign key (beat, take) references takes (beat, id) on delete cascade
);

create table take_marks (
    take    uuid    primary key,
    owner   uuid    not null default auth.uid(),
    starred boolean not null default false,
    note    text    not null default '' check (length(note) <= 2000),
    foreign key (owner, take) references takes (owner, id) on delete cascade
);

-- What was bought, once and for ever: one row for everything that shapes one part's audio.
create table generations (
    owner              uuid        not null default auth.uid(),
    key                text        not null check (key ~ '^[0-9a-f]{64}$'),
    status             text        not null check (status in ('intent', 'done', 'failed')),
    engine             text        not null,
    model              text,
    voice              text        not null,
    characters         integer     not null,
    claim              uuid,
    intent_at          timestamptz not null,
    intent_until       timestamptz not null,
    payload_sha256     text,
    media_type         text,
    duration_ms        integer,
    request_id         text,
    charged_characters integer,
    usd                numeric(12, 6),
    facts              jsonb       not null default '{}',
    error              jsonb,
    done_at            timestamptz,
    primary key (owner, key),
    foreign key (owner, payload_sha256) references blobs (owner, sha256),
    check (status <> 'done' or payload_sha256 is not null)
);

create table take_parts (
    take    uuid    not null,
    ordinal integer not null,
    owner   uuid    not null default auth.uid(),
    key     text    not null,
    reused  boolean not null,
    primary key (take, ordinal),
    foreign key (owner, take) references takes (owner, id) on delete cascade,
    foreign key (owner, key) references generations (owner, key)
);

create table ledger (
    id            uuid           primary key default private.uuid7(),
    owner         uuid           not null default auth.uid(),
    session_id    uuid,
    take          uuid,
    key           text,
    kind          text           not null check (kind in ('estimate', 'actual')),
    engine        text           not null,
    characters    integer        not null,
    usd           numeric(12, 6) not null,
    exact         boolean        not null,
    price_checked text,
    at            timestamptz    not null default now()
);
create index ledger_of_session on ledger (session_id, kind);

create table exports (
    id            uuid        primary key default private.uuid7(),
    owner         uuid        not null default auth.uid(),
    session_id    uuid        not null,
    kind          text        not null check (kind in ('mp3', 'zip')),
    status        text        not null default 'queued'
                  check (status in ('queued', 'generating', 'done', 'failed', 'cancelled')),
    options       jsonb       not null,
    picks         jsonb       not null,
    beats         jsonb       not null,
    script_number integer     not null,
    claim         uuid,
    lease_until   timestamptz,
    progress      real        not null default 0,
    filename      text        not null,
    file_sha256   text,
    facts         jsonb,
    error         jsonb,
    requested_at  timestamptz not null default now(),
    started_at    timestamptz,
    finished_at   timestamptz,
    foreign key (owner, session_id) references sessions (owner, id) on delete cascade,
    foreign key (owner, file_sha256) references blobs (owner, sha256)
);
create unique index exports_one_under_way on exports (session_id, kind) where status in ('queued', 'generating');

-- What a producer did to beats and takes, so that it can be undone, newest first.
create table edits (
    id         uuid        primary key default private.uuid7(),
    owner      uuid        not null default auth.uid(),
    session_id uuid        not null,
    action     text        not null,
    undo       jsonb       not null,
    at         timestamptz not null default now(),
    undone_at  timestamptz,
    foreign key (owner, session_id) references sessions (owner, id) on delete cascade
);
create index edits_of_session on edits (session_id, id desc) where undone_at is null;

do $$
declare
    named text;
begin
    foreach named in array array[
        'characters', 'voice_profiles', 'sessions', 'script_versions', 'beats', 'takes', 'selections', 'take_marks',
        'generations', 'take_parts', 'ledger', 'exports', 'edits'
    ] loop
        execute format('alter table %I enable row level security', named);
        execute format('alter table %I force row level security', named);
        execute format(
            'create policy owner_only on %I to authenticated using (owner = (select auth.uid())) '
            'with check (owner = (select auth.uid()))', named);
    end loop;
end
$$;
