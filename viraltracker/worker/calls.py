"""What the wire may ask: each call a few lines over sessions, models and streams. Knows no engine."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from viraltracker.audio import FRAME_BYTES, LIVE_RATE_HZ
from viraltracker.errors import Refused
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.speech.rpc import tts_pb2_grpc
from viraltracker.speech.rpc.cards import WorkerCard
from viraltracker.worker.answers import honoured, line_of, mode_of, model_info, spoken_languages
from viraltracker.worker.live import LiveStream
from viraltracker.worker.metrics import Metrics, Spoke
from viraltracker.worker.pacing import Pacer
from viraltracker.worker.refusals import refusing
from viraltracker.worker.renders import Renders
from viraltracker.worker.residency import Residency
from viraltracker.worker.sessions import Sessions
from viraltracker.worker.streams import chunks_of, command, speak_lines, speak_live

__all__ = ["About", "TtsCalls"]

Context = Any
"""grpc.aio.ServicerContext: generic over messages that are generated without types."""


@dataclass(frozen=True, slots=True)
class About:
    """What the worker says of itself."""

    name: str
    version: str
    default: str
    lead_ms: int
    most_chars: int
    most_message_bytes: int


class TtsCalls(tts_pb2_grpc.TTSServiceServicer):
    """See `tts.proto`."""

    def __init__(
        self,
        about: About,
        residency: Residency,
        sessions: Sessions,
        renders: Renders,
        metrics: Metrics,
        spoke: Spoke,
    ) -> None:
        self._about = about
        self._residency = residency
        self._sessions = sessions
        self._renders = renders
        self.metrics = metrics
        self._spoke = spoke

    @refusing
    async def StartSession(self, request: wire.StartSessionRequest, _: Context) -> Any:  # noqa: N802
        """Hold a model for a client."""
        mode = mode_of(request.mode)
        model = request.model or self._about.default
        session = await self._sessions.start(mode, model, line_of(request.voice), request.load)
        live = mode == "live"
        rate_hz = LIVE_RATE_HZ if live else self._residency.about(model).pack.rate_hz
        return wire.StartSessionResponse(
            session=session.id, model=model, rate_hz=rate_hz, frame_bytes=FRAME_BYTES if live else 0
        )

    @refusing
    async def EndSession(self, request: wire.EndSessionRequest, _: Context) -> Any:  # noqa: N802
        """Let go of it."""
        await self._sessions.end(request.session)
        return wire.EndSessionResponse()

    @refusing
    async def Synthesize(self, requests: AsyncIterator[wire.TextChunk], context: Context) -> None:  # noqa: N802
        """Text in, audio out, until the client has said and heard all."""
        first = await anext(aiter(requests), None)
        if first is None:
            return
        session = self._sessions.get(first.session)
        said = chunks_of(session, first, requests)
        if session.mode == "live":
            stream = LiveStream(
                session.held,
                Pacer(self._about.lead_ms),
                self._about.most_chars,
                watching=self.metrics.live(session.model, self._spoke),
            )
            async with self._sessions.live(session, stream):
                await speak_live(session, stream, said, context.write)
        else:
            with self._sessions.streaming(session):
                rate_hz = self._residency.about(session.model).pack.rate_hz
                await speak_lines(
                    session, self._renders, said, context.write, rate_hz, self._about.most_chars
                )

    @refusing
    async def Control(self, request: wire.ControlRequest, _: Context) -> Any:  # noqa: N802
        """Hold, go on, drop, or read the model anew."""
        session = self._sessions.get(request.session)
        if request.command == wire.RELOAD:
            await self._residency.reload(session.model)
        elif request.command not in wire.Command.values() or request.command == wire.CONTROL_UNSPECIFIED:
            raise Refused("Say which command: PAUSE, RESUME, STOP, RELOAD or FLUSH.", field="command")
        elif session.stream is not None:
            command(session.stream, request)
        stream = session.stream
        return wire.ControlResponse(
            last_seq_sent=stream.sent if stream else 0,
            generation=stream.generation if stream else 0,
            monotonic_ns=time.monotonic_ns(),
        )

    @refusing
    async def ListModels(self, _: wire.ListModelsRequest, __: Context) -> Any:  # noqa: N802
        """All packs, broken ones too, and how they stand."""
        return wire.ListModelsResponse(
            models=[model_info(facts, self._about.default) for facts in self._residency.facts()]
        )

    @refusing
    async def LoadModel(self, request: wire.LoadModelRequest, _: Context) -> Any:  # noqa: N802
        """Bring a model into memory."""
        took_s = await self._residency.load(request.model)
        return wire.LoadModelResponse(model=self._info(request.model), took_s=took_s)

    @refusing
    async def UnloadModel(self, request: wire.UnloadModelRequest, _: Context) -> Any:  # noqa: N802
        """Put a model out of memory."""
        await self._residency.unload(request.model, when_idle=request.when_idle)
        return wire.UnloadModelResponse(model=self._info(request.model))

    @refusing
    async def GetCapabilities(self, _: wire.GetCapabilitiesRequest, __: Context) -> Any:  # noqa: N802
        """What the worker can do, and how busy it is: what a router looks at."""
        card = self.card("")
        return wire.GetCapabilitiesResponse(
            name=card.name,
            version=self._about.version,
            languages=card.languages,
            capabilities=card.capabilities,
            resident=card.resident,
            models=card.models,
            max_sessions=card.max_sessions,
            free_slots=card.free_slots,
            queue_depth=card.queue_depth,
            rtf=card.rtf,
            max_text_chars=self._about.most_chars,
            max_message_bytes=self._about.most_message_bytes,
            draining=card.draining,
        )

    def card(self, address: str) -> WorkerCard:
        """The worker as a router sees it."""
        facts = self._residency.facts()
        rtfs = [each.rtf for each in facts if each.rtf]
        return WorkerCard(
            name=self._about.name,
            address=address,
            languages=tuple(spoken_languages(facts)),
            capabilities=tuple(honoured(facts)),
            resident=tuple(each.pack.id for each in facts if each.state == "resident"),
            models=tuple(each.pack.id for each in facts if each.state != "failed"),
            max_sessions=self._sessions.most,
            free_slots=max(0, self._sessions.most - self._sessions.count),
            queue_depth=self._renders.depth,
            rtf=sum(rtfs) / len(rtfs) if rtfs else 0.0,
            draining=self._sessions.draining,
        )

    def _info(self, model: str) -> wire.ModelInfo:
        return model_info(self._residency.about(model), self._about.default)
