-- Whose each of a provider's answers is, and the one receipt for its charge. Two calls for the same words that were both cut
-- off are looked up in the same history, which can't tell them apart: the first to adopt an answer has it.
create table provider_answers (
    owner      uuid not null default auth.uid(),
    engine     text not null,
    request_id text not null,
    key        text not null,
    receipt    uuid not null default private.uuid7(),
    primary key (owner, engine, request_id),
    foreign key (owner, key) references generations (owner, key)
);
create index provider_answers_of_generation on provider_answers (owner, key);

insert into provider_answers (owner, engine, request_id, key)
select distinct on (g.owner, g.engine, g.request_id) g.owner, g.engine, g.request_id, g.key
from generations g
where g.request_id is not null
order by g.owner, g.engine, g.request_id, g.done_at;

alter table provider_answers enable row level security;
alter table provider_answers force row level security;
create policy owner_only on provider_answers to authenticated
    using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
