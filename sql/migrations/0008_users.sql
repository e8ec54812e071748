-- Who signed in: what their identity provider said of them when they last did. The id is made of issuer and subject by the
-- studio, so the row is found under its owner's own claims and nobody has to look for others to find it.
create table users (
    owner      uuid        primary key default auth.uid(),
    issuer     text        not null check (length(issuer) between 1 and 2000),
    subject    text        not null check (length(subject) between 1 and 1000),
    email      text        not null default '' check (length(email) <= 320),
    name       text        not null default '' check (length(name) <= 200),
    created_at timestamptz not null default now(),
    seen_at    timestamptz not null default now(),
    unique (issuer, subject)
);
alter table users enable row level security;
alter table users force row level security;
create policy owner_only on users to authenticated
    using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
