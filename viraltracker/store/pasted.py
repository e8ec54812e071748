"""The whole of a database as one text: for an SQL editor, where nothing else can be run.

Pasted again after an update it runs what is missing, as `migrate` does; the two may follow each other. An
editor sends the text in one piece, which Postgres takes as one transaction.
"""

from collections.abc import Sequence
from pathlib import Path

from psycopg import sql

from viraltracker.store.steps import LEDGER, Step, Vendor, after_all, steps_of

__all__ = ["pasted"]

_HEAD = """\
-- Everything that the studio needs in this database. Paste it into the SQL editor of a Supabase project and
-- run it; again after an update of the studio. What was run before is not run again.

select set_config('check_function_bodies', 'off', true);
"""
_ONCE = """
do {quoted}
declare
    found_sha256 text := (
        select m.sha256 from private.studio_migrations m where (m.kind, m.name) = ({kind}, {name}));
begin
    if found_sha256 <> {digest} then
        raise exception '% was run in this database with another text. Take a new project.', {name};
    elsif found_sha256 is null then
        {schema}perform set_config('search_path', {path}, true);
        execute {text};
        insert into private.studio_migrations (kind, name, sha256) values ({kind}, {name}, {digest});
    end if;
end
{quoted};
"""
_ALWAYS = """
select set_config('search_path', 'public', true);
{text};
insert into private.studio_migrations (kind, name, sha256) values ({kind}, {name}, {digest})
on conflict (kind, name) do update set sha256 = excluded.sha256, applied_at = now();
"""


def pasted(sql_root: Path, vendors: Sequence[Vendor] = ()) -> str:
    """One SQL text that brings a database to what this studio needs."""
    steps = steps_of(sql_root, vendors)
    parts = [_HEAD, LEDGER.rstrip() + ";\n", *(_part(step) for step in steps)]
    return "".join([*parts, *(f"\n{statement.strip()};\n" for statement in after_all(vendors))])


def _part(step: Step) -> str:
    named = {"kind": _literal(step.kind), "name": _literal(step.name), "digest": _literal(step.digest)}
    if step.kind == "function":
        return _ALWAYS.format(text=step.text.rstrip().removesuffix(";"), **named)
    tag = step.digest[:12]  # hexadecimal: it can't stand in the text that it is the hash of
    place = step.name if step.kind == "vendor" else "public"
    schema = f"create schema if not exists {sql.Identifier(place).as_string()};\n        "
    return _ONCE.format(
        quoted=f"$step_{tag}$",
        schema=schema if step.kind == "vendor" else "",
        path=_literal(place),
        text=f"$text_{tag}${step.text}$text_{tag}$",
        **named,
    )


def _literal(text: str) -> str:
    return sql.Literal(text).as_string()
