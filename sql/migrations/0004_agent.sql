-- What the agent needs: a producer's yes for one thing asked, conversations message by message, how often a tool was
-- called, which model answers; and the producer's own word that a session is completed.

alter table sessions add column completed_at timestamptz;

-- A question that only a producer may answer. A yes covers just what was asked: one tool, these arguments, at most
-- `cap_usd`, once, until it expires. Takes made under it carry its id as their batch.
create table approvals (
    id               uuid           primary key default private.uuid7(),
    owner            uuid           not null default auth.uid(),
    session_id       uuid,
    conversation     uuid,
    tool             text           not null check (tool ~ '^[a-z][a-z0-9_]{0,63}$'),
    arguments        jsonb          not null,
    arguments_sha256 text           not null check (arguments_sha256 ~ '^[0-9a-f]{64}$'),
    question         jsonb          not null,
    cap_usd          numeric(12, 6) not null check (cap_usd >= 0),
    status           text           not null default 'asked'
                     check (status in ('asked', 'granted', 'refused', 'used', 'withdrawn')),
    asked_at         timestamptz    not null default now(),
    expires_at       timestamptz    not null,
    decided_at       timestamptz,
    used_at          timestamptz,
    foreign key (owner, session_id) references sessions (owner, id) on delete cascade,
    unique (owner, id)
);
create unique index approvals_one_open on approvals (owner, tool, arguments_sha256) where status in ('asked', 'granted');
create index approvals_by_time on approvals (owner, asked_at desc);

-- `claim` is the one turn that may write now; it ends by itself at `claim_until`, when the process that had it is gone.
-- `pending` are the tool calls that wait for a yes, as the agent's library writes them.
create table conversations (
    id           uuid        primary key default private.uuid7(),
    owner        uuid        not null default auth.uid(),
    session_id   uuid,
    revision     integer     not null default 0,
    claim        uuid,
    claim_until  timestamptz,
    stop_wanted  boolean     not null default false,
    pending      jsonb,
    usage        jsonb       not null default '{}',
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    foreign key (owner, session_id) references sessions (owner, id) on delete cascade,
    unique (owner, id)
);
create index conversations_of_session on conversations (owner, session_id, created_at desc);

create table conversation_messages (
    owner        uuid        not null default auth.uid(),
    conversation uuid        not null,
    number       integer     not null check (number > 0),
    message      jsonb       not null,
    at           timestamptz not null default now(),
    primary key (conversation, number),
    foreign key (owner, conversation) references conversations (owner, id) on delete cascade
);

create table tool_calls (
    id    uuid        primary key default private.uuid7(),
    owner uuid        not null default auth.uid(),
    tool  text        not null check (tool ~ '^[a-z][a-z0-9_]{0,63}$'),
    at    timestamptz not null default clock_timestamp()
);
create index tool_calls_by_time on tool_calls (owner, tool, at);

-- Which model answers, as set on the page; the environment's settings win over it. Never a key.
create table agent_settings (
    owner      uuid        primary key default auth.uid(),
    model      text        not null default '' check (length(model) <= 200),
    base_url   text        not null default '' check (length(base_url) <= 500),
    updated_at timestamptz not null default now()
);

do $$
declare
    named text;
begin
    foreach named in array array[
        'approvals', 'conversations', 'conversation_messages', 'tool_calls', 'agent_settings'
    ] loop
        execute format('alter table %I enable row level security', named);
        execute format('alter table %I force row level security', named);
        execute format(
            'create policy owner_only on %I to authenticated using (owner = (select auth.uid())) '
            'with check (owner = (select auth.uid()))', named);
    end loop;
end
$$;

-- Its successor takes the take itself, to hold the cap of a producer's yes as well.
drop function if exists private.cap_hold_v1(uuid, numeric);
