"""What a voice worker measures of itself, as Prometheus reads it. A registry of its own, on loopback only."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from viraltracker.worker.watching import Watcher, Why

__all__ = ["LiveMetrics", "Metrics", "Spoke"]

_FIRST_AUDIO_S: Final = (0.05, 0.1, 0.15, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.5, 2.0)
_JITTER_S: Final = (0.001, 0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.05)
_RTF: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0)
_LOAD_S: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


Spoke = Callable[[str, float, float], None]
"""Is told a model, the seconds of work, and the seconds of audio that came of it."""


@dataclass(frozen=True, slots=True)
class LiveMetrics:
    """See `LiveWatcher`."""

    first_audio: Histogram
    jitter: Histogram
    spoken: Callable[[float, float], None]

    def heard(self, first_audio_s: float) -> None:
        """See `LiveWatcher`."""
        self.first_audio.observe(first_audio_s)

    def late(self, late_s: float) -> None:
        """See `LiveWatcher`."""
        self.jitter.observe(late_s)

    def spoke(self, work_s: float, audio_s: float) -> None:
        """See `LiveWatcher`."""
        self.spoken(work_s, audio_s)


class Metrics(Watcher):
    """Counters of one worker's life. Labels are model ids and error codes, never text."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        histogram = partial(Histogram, registry=self.registry)
        counter = partial(Counter, registry=self.registry)
        gauge = partial(Gauge, registry=self.registry)
        self._first_audio = histogram(
            "tts_first_audio_seconds",
            "From a live line's first text to its first frame.",
            ["model"],
            buckets=_FIRST_AUDIO_S,
        )
        self._jitter = histogram("tts_frame_jitter_seconds", "How late a live frame left.", buckets=_JITTER_S)
        self._rtf = histogram("tts_rtf", "Seconds of work for a second of audio.", ["model"], buckets=_RTF)
        self._waited = histogram("tts_render_wait_seconds", "How long a render line waited.")
        self._loads = histogram(
            "tts_load_seconds",
            "How long a model took to load.",
            ["model"],
            buckets=_LOAD_S,
        )
        self._failed_loads = counter("tts_failed_loads", "Loads that failed.", ["model"])
        self._evictions = counter("tts_evictions", "Models put out of memory.", ["model", "why"])
        self._refusals = counter("tts_refusals", "Calls refused, by the error's name.", ["code"])
        self._resident = gauge("tts_resident_models", "Models in memory.")
        self._sessions = gauge("tts_sessions", "Sessions that are open.")
        self._queue = gauge("tts_queue_depth", "Render lines that wait.")

    def watch(self, sessions: Callable[[], int], queue: Callable[[], int]) -> None:
        """Read these whenever somebody asks."""
        self._sessions.set_function(sessions)
        self._queue.set_function(queue)

    def live(self, model: str, spoke: Spoke) -> "LiveMetrics":
        """Where a live stream's figures go; `spoke` is told of its work as well."""
        return LiveMetrics(self._first_audio.labels(model), self._jitter, partial(spoke, model))

    def spoke(self, model: str, work_s: float, audio_s: float) -> None:
        """So much audio was made in so much time."""
        if audio_s > 0:
            self._rtf.labels(model).observe(work_s / audio_s)

    def waited(self, seconds: float) -> None:
        """A render line's turn came."""
        self._waited.observe(seconds)

    def loaded(self, model_id: str, took_s: float) -> None:
        """See `Watcher`."""
        self._loads.labels(model_id).observe(took_s)

    def failed(self, model_id: str) -> None:
        """See `Watcher`."""
        self._failed_loads.labels(model_id).inc()

    def left(self, model_id: str, why: Why) -> None:
        """See `Watcher`."""
        self._evictions.labels(model_id, why).inc()

    def resident(self, count: int) -> None:
        """See `Watcher`."""
        self._resident.set(count)

    def refused(self, code: str) -> None:
        """A call was refused."""
        self._refusals.labels(code).inc()

    @contextlib.contextmanager
    def served(self, host: str, port: int) -> Iterator[int]:
        """Answer Prometheus there while inside; gives the port, which the system picks for 0."""
        server, thread = start_http_server(port, host, self.registry)
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
