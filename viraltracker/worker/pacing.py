"""When the next frame of a live stream may leave: never more than the lead ahead of what the listener hears.

An unpaced stream fills every buffer on the way: 42 s with the wire's usual windows, all of which still sounds
after a PAUSE. Pure; the time is handed in.
"""

from typing import Final

from viraltracker.audio import FRAME_MS

__all__ = ["LEAD_MS", "Pacer"]

LEAD_MS: Final = 60
_FRAME_S: Final = FRAME_MS / 1000
_NOW_S: Final = 1e-6
"""A rest of rounding, which no sleep would ever use up."""


class Pacer:
    """Counts one stream's frames against its playout, which begins with the first frame."""

    def __init__(self, lead_ms: int = LEAD_MS) -> None:
        self._lead_s = lead_ms / 1000
        self._began_s: float | None = None
        self._sent = 0
        self._paused_s: float | None = None

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next frame may leave; 0: now. While paused there is no answer: don't ask."""
        if self._began_s is None:
            return 0.0
        ahead_s = (self._sent + 1) * _FRAME_S - (now_s - self._began_s)
        wait_s = ahead_s - self._lead_s
        return wait_s if wait_s > _NOW_S else 0.0

    def late_s(self, now_s: float) -> float:
        """How long ago the next frame might have left, and did not."""
        if self._began_s is None:
            return 0.0
        due_s = self._began_s + (self._sent + 1) * _FRAME_S - self._lead_s
        return max(0.0, now_s - due_s)

    def sent(self, now_s: float) -> None:
        """A frame has left. One that came too late is heard at once, and playout goes on from there."""
        if self._began_s is None or now_s - self._began_s > self._sent * _FRAME_S:
            self._began_s = now_s - self._sent * _FRAME_S
        self._sent += 1

    def ahead_s(self, now_s: float) -> float:
        """Seconds of audio that have left and are not heard yet."""
        if self._began_s is None:
            return 0.0
        at_s = now_s if self._paused_s is None else self._paused_s
        return max(0.0, self._sent * _FRAME_S - (at_s - self._began_s))

    def pause(self, now_s: float) -> None:
        """The listener holds: what it has is not heard on."""
        if self._paused_s is None:
            self._paused_s = now_s

    def resume(self, now_s: float) -> None:
        """The listener goes on where it was held."""
        if self._paused_s is not None and self._began_s is not None:
            self._began_s += now_s - self._paused_s
        self._paused_s = None

    def restart(self) -> None:
        """The listener has thrown away what it had: the next frame is heard at once. A pause stays one."""
        self._began_s, self._sent = None, 0
