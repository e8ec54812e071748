"""In whose studio a tab works, and as what: asked of the database, so that pages offer what may be done."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from viraltracker.studio import Role, Seat, Studio, Theirs
from viraltracker.ui import state
from viraltracker.ui.current import run
from viraltracker.ui.login import Visitor

__all__ = ["Standing", "makes", "seat_of_tab", "shared", "standing", "take_seat"]

_STANDING = "standing"


@dataclass(frozen=True, slots=True)
class Standing:
    """As what one works here; others' studios where one may, too; whether others work here as well."""

    role: Role
    theirs: Sequence[Theirs]
    shared: bool


_ALONE = Standing("owner", (), shared=False)


def seat_of_tab(visitor: Visitor) -> Seat:
    """Where the visitor sits at this tab: in the studio that the URL names, else in their own."""
    chosen = state.open_studio()
    return visitor.home if chosen is None else replace(visitor.home, owner=chosen)


def take_seat(home: Studio, seat: Seat) -> Standing | None:
    """Ask how they stand at that seat, and keep it for the pages; None: they have no business there."""
    theirs = run(home.people.theirs())
    if seat.owner == seat.person:
        joined = any(each.joined_at for each in run(home.people.colleagues()))
        found = Standing("owner", theirs, shared=joined)
    else:
        here = next((each for each in theirs if each.owner == seat.owner), None)
        if here is None:
            return None
        found = Standing(here.role, theirs, shared=True)
    state.remember(_STANDING, found)
    return found


def standing() -> Standing:
    """How this tab's visitor stood when the page was drawn; alone and the owner where nobody signs in."""
    kept: Standing = state.recall(_STANDING, _ALONE)
    return kept


def makes() -> bool:
    """Whether they may make, spend and delete here."""
    return standing().role != "reviewer"


def shared() -> bool:
    """Whether others work here too, so that pages look again by themselves."""
    return standing().shared
