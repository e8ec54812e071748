"""Who works in a studio and who did what, as tables; what somebody may do there, in the sidebar's words."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from viraltracker.errors import BadInput
from viraltracker.studio import Activity, Colleague, Deed, People, Role, Seat, Theirs
from viraltracker.ui.show.activity import activity_sheet
from viraltracker.ui.show.frame import seat_facts
from viraltracker.ui.show.people import people_sheet

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def deed(who: str | None, what: str, undone: bool = False) -> Deed:
    return Deed(at=NOW, who=who, deed="pick", undone=undone, what=what)


def test_deeds_are_told_by_name_and_whose_name_is_not_known_by_a_word() -> None:
    deeds = (deed("Nell", "01_fog"), deed(None, "02_gull", undone=True))
    sheet = activity_sheet(Activity(0, (), ()), NOW, tells=False, deeds=deeds, nameless="you")
    card = next(each for each in sheet.cards if each.id == "deeds")
    said = [(row.cells[0].text, row.cells[1].text) for row in card.rows]
    assert said == [("Nell", "picked for 01_fog"), ("you", "picked for 02_gull, undone since")]
    without = activity_sheet(Activity(0, (), ()), NOW, tells=False)
    assert "deeds" not in {each.id for each in without.cards}, "no session is open"


def test_everybody_invited_can_be_made_the_other_or_removed() -> None:
    nell = Colleague(email="n@example.org", role="reviewer", name="Nell", invited_at=NOW, joined_at=NOW)
    new = Colleague(email="m@example.org", role="producer", name="", invited_at=NOW, joined_at=None)
    (card,) = people_sheet((nell, new), NOW).cards
    assert [row.id for row in card.rows] == ["n@example.org", "m@example.org"]
    assert [[each.id for each in row.cells[-1].actions] for row in card.rows] == [
        ["producer", "remove"],
        ["reviewer", "remove"],
    ]
    assert card.rows[1].cells[2].text == "invited, not here yet"


@pytest.mark.parametrize(
    ("role", "closed"),
    [
        ("owner", set()),
        ("producer", {"people"}),
        ("reviewer", {"people", "script", "voices", "agent"}),
    ],
)
def test_places_where_one_may_do_nothing_are_closed_and_say_why(role: Role, closed: set[str]) -> None:
    home = Seat(uuid4(), uuid4(), "Nell")
    facts = seat_facts(home, home.owner, role, ())
    assert set(facts["closed"]) == closed
    assert all(facts["closed"].values())


def test_the_studios_to_choose_from_are_ones_own_and_those_one_was_invited_to() -> None:
    me, owner = uuid4(), uuid4()
    home, ann = Seat(me, me, "Nell"), Theirs(owner=owner, owner_name="Ann", role="reviewer")
    assert seat_facts(home, me, "owner", ())["studios"] == {}
    there = seat_facts(home, owner, "reviewer", (ann,))
    assert there["studios"] == {str(me): "My studio", str(owner): "Ann"}
    assert (there["studio"], there["person"]) == (str(owner), "Nell, reviewer here")


class Unasked:
    """A database that nobody asks."""

    async def call(self, function: str, /, **arguments: object) -> object:
        raise AssertionError(function)


@pytest.mark.parametrize(
    "address", ["", "nell", "@example.org", "nell@", "nell @example.org", "n\n@x", "n" * 320 + "@x.org"]
)
async def test_what_is_no_address_is_refused_before_anybody_is_asked(address: str) -> None:
    with pytest.raises(BadInput, match="no e-mail address"):
        await People(Unasked()).invite(address, "producer")


def test_claims_tell_where_somebody_sits_only_where_it_is_not_at_home() -> None:
    me, owner = UUID(int=1), UUID(int=2)
    assert '"studio"' not in Seat(me, me).claims
    assert f'"studio": "{owner}"' in Seat(owner, me).claims
    assert f'"sub": "{me}"' in Seat(owner, me).claims
