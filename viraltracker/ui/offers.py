"""What the engines offer, for the Voices page: their health and their voices, all asked at once."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

import anyio

from viraltracker.errors import StudioError
from viraltracker.speech import Health, Synthesizer, VoiceInfo
from viraltracker.studio import Studio
from viraltracker.ui.glance import Glance

__all__ = ["Offer", "Offers", "offers_of"]

_FRESH_S = 60.0
_ASK_S = 15.0
_ASKED = Health(ready=False, note="It is being asked…")


@dataclass(frozen=True, slots=True)
class Offer:
    """An engine's health and voices."""

    health: Health
    voices: tuple[VoiceInfo, ...] = ()


class Offers:
    """The offers of a studio's engines as they were last told."""

    def __init__(self, engines: Mapping[str, Synthesizer]) -> None:
        self._glances = {name: Glance(partial(_ask, engine), _FRESH_S) for name, engine in engines.items()}

    def look(self, patience_s: float = 0.0) -> dict[str, Offer]:
        """Every engine's offer; one that still has to say something for the first time is not ready.

        All of them together are waited for no longer than `patience_s`.
        """
        for glance in self._glances.values():
            glance.look()  # all are asked before the first is waited for
        until_s = time.monotonic() + patience_s
        return {
            name: glance.look(max(0.0, until_s - time.monotonic())) or Offer(_ASKED)
            for name, glance in self._glances.items()
        }

    def forget(self, engine: str) -> None:
        """That engine offers something else now."""
        self._glances[engine].forget()


_offers: WeakKeyDictionary[Studio, Offers] = WeakKeyDictionary()


def offers_of(studio: Studio) -> Offers:
    """What that studio's engines offer."""
    return _offers.setdefault(studio, Offers(studio.engines))


async def _ask(engine: Synthesizer) -> Offer:
    try:
        with anyio.fail_after(_ASK_S):
            health = await engine.health()
            return Offer(health, await engine.voices() if health.ready else ())
    except TimeoutError:
        return Offer(Health(False, "It does not answer."))
    except StudioError as error:
        return Offer(Health(False, error.message))
