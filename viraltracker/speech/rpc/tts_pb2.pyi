from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MODE_UNSPECIFIED: _ClassVar[Mode]
    MODE_LIVE: _ClassVar[Mode]
    MODE_RENDER: _ClassVar[Mode]

class Command(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONTROL_UNSPECIFIED: _ClassVar[Command]
    PAUSE: _ClassVar[Command]
    RESUME: _ClassVar[Command]
    STOP: _ClassVar[Command]
    RELOAD: _ClassVar[Command]
    FLUSH: _ClassVar[Command]

class ModelState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MODEL_UNSPECIFIED: _ClassVar[ModelState]
    ABSENT: _ClassVar[ModelState]
    LOADING: _ClassVar[ModelState]
    RESIDENT: _ClassVar[ModelState]
    UNLOADING: _ClassVar[ModelState]
    FAILED: _ClassVar[ModelState]
MODE_UNSPECIFIED: Mode
MODE_LIVE: Mode
MODE_RENDER: Mode
CONTROL_UNSPECIFIED: Command
PAUSE: Command
RESUME: Command
STOP: Command
RELOAD: Command
FLUSH: Command
MODEL_UNSPECIFIED: ModelState
ABSENT: ModelState
LOADING: ModelState
RESIDENT: ModelState
UNLOADING: ModelState
FAILED: ModelState

class Voice(_message.Message):
    __slots__ = ("id", "speed", "seed", "options")
    class OptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    SPEED_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    id: str
    speed: float
    seed: int
    options: _containers.ScalarMap[str, float]
    def __init__(self, id: _Optional[str] = ..., speed: _Optional[float] = ..., seed: _Optional[int] = ..., options: _Optional[_Mapping[str, float]] = ...) -> None: ...

class StartSessionRequest(_message.Message):
    __slots__ = ("mode", "model", "voice", "load")
    MODE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    LOAD_FIELD_NUMBER: _ClassVar[int]
    mode: Mode
    model: str
    voice: Voice
    load: bool
    def __init__(self, mode: _Optional[_Union[Mode, str]] = ..., model: _Optional[str] = ..., voice: _Optional[_Union[Voice, _Mapping]] = ..., load: _Optional[bool] = ...) -> None: ...

class StartSessionResponse(_message.Message):
    __slots__ = ("session", "model", "rate_hz", "frame_bytes")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    FRAME_BYTES_FIELD_NUMBER: _ClassVar[int]
    session: str
    model: str
    rate_hz: int
    frame_bytes: int
    def __init__(self, session: _Optional[str] = ..., model: _Optional[str] = ..., rate_hz: _Optional[int] = ..., frame_bytes: _Optional[int] = ...) -> None: ...

class EndSessionRequest(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: str
    def __init__(self, session: _Optional[str] = ...) -> None: ...

class EndSessionResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Before(_message.Message):
    __slots__ = ("text", "pcm", "speed")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PCM_FIELD_NUMBER: _ClassVar[int]
    SPEED_FIELD_NUMBER: _ClassVar[int]
    text: str
    pcm: bytes
    speed: float
    def __init__(self, text: _Optional[str] = ..., pcm: _Optional[bytes] = ..., speed: _Optional[float] = ...) -> None: ...

class TextChunk(_message.Message):
    __slots__ = ("session", "generation", "line", "text", "end_of_line", "voice", "before")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    END_OF_LINE_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    session: str
    generation: int
    line: int
    text: str
    end_of_line: bool
    voice: Voice
    before: Before
    def __init__(self, session: _Optional[str] = ..., generation: _Optional[int] = ..., line: _Optional[int] = ..., text: _Optional[str] = ..., end_of_line: _Optional[bool] = ..., voice: _Optional[_Union[Voice, _Mapping]] = ..., before: _Optional[_Union[Before, _Mapping]] = ...) -> None: ...

class AudioFrame(_message.Message):
    __slots__ = ("generation", "seq", "line", "pcm", "end_of_line", "at_sample", "waited_s", "made_s", "facts")
    class FactsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    PCM_FIELD_NUMBER: _ClassVar[int]
    END_OF_LINE_FIELD_NUMBER: _ClassVar[int]
    AT_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    WAITED_S_FIELD_NUMBER: _ClassVar[int]
    MADE_S_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    generation: int
    seq: int
    line: int
    pcm: bytes
    end_of_line: bool
    at_sample: int
    waited_s: float
    made_s: float
    facts: _containers.ScalarMap[str, str]
    def __init__(self, generation: _Optional[int] = ..., seq: _Optional[int] = ..., line: _Optional[int] = ..., pcm: _Optional[bytes] = ..., end_of_line: _Optional[bool] = ..., at_sample: _Optional[int] = ..., waited_s: _Optional[float] = ..., made_s: _Optional[float] = ..., facts: _Optional[_Mapping[str, str]] = ...) -> None: ...

class ControlRequest(_message.Message):
    __slots__ = ("session", "command", "generation")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    session: str
    command: Command
    generation: int
    def __init__(self, session: _Optional[str] = ..., command: _Optional[_Union[Command, str]] = ..., generation: _Optional[int] = ...) -> None: ...

class ControlResponse(_message.Message):
    __slots__ = ("last_seq_sent", "generation", "monotonic_ns")
    LAST_SEQ_SENT_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    MONOTONIC_NS_FIELD_NUMBER: _ClassVar[int]
    last_seq_sent: int
    generation: int
    monotonic_ns: int
    def __init__(self, last_seq_sent: _Optional[int] = ..., generation: _Optional[int] = ..., monotonic_ns: _Optional[int] = ...) -> None: ...

class VoiceInfo(_message.Message):
    __slots__ = ("id", "name", "description")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    description: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class Range(_message.Message):
    __slots__ = ("lowest", "highest")
    LOWEST_FIELD_NUMBER: _ClassVar[int]
    HIGHEST_FIELD_NUMBER: _ClassVar[int]
    lowest: float
    highest: float
    def __init__(self, lowest: _Optional[float] = ..., highest: _Optional[float] = ...) -> None: ...

class ModelInfo(_message.Message):
    __slots__ = ("id", "family", "title", "version", "languages", "capabilities", "rate_hz", "licence", "consent", "state", "problem", "sessions", "memory_bytes", "resident_s", "rtf", "is_default", "voices", "options")
    class OptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Range
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Range, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    RESIDENT_S_FIELD_NUMBER: _ClassVar[int]
    RTF_FIELD_NUMBER: _ClassVar[int]
    IS_DEFAULT_FIELD_NUMBER: _ClassVar[int]
    VOICES_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    id: str
    family: str
    title: str
    version: str
    languages: _containers.RepeatedScalarFieldContainer[str]
    capabilities: _containers.RepeatedScalarFieldContainer[str]
    rate_hz: int
    licence: str
    consent: str
    state: ModelState
    problem: str
    sessions: int
    memory_bytes: int
    resident_s: float
    rtf: float
    is_default: bool
    voices: _containers.RepeatedCompositeFieldContainer[VoiceInfo]
    options: _containers.MessageMap[str, Range]
    def __init__(self, id: _Optional[str] = ..., family: _Optional[str] = ..., title: _Optional[str] = ..., version: _Optional[str] = ..., languages: _Optional[_Iterable[str]] = ..., capabilities: _Optional[_Iterable[str]] = ..., rate_hz: _Optional[int] = ..., licence: _Optional[str] = ..., consent: _Optional[str] = ..., state: _Optional[_Union[ModelState, str]] = ..., problem: _Optional[str] = ..., sessions: _Optional[int] = ..., memory_bytes: _Optional[int] = ..., resident_s: _Optional[float] = ..., rtf: _Optional[float] = ..., is_default: _Optional[bool] = ..., voices: _Optional[_Iterable[_Union[VoiceInfo, _Mapping]]] = ..., options: _Optional[_Mapping[str, Range]] = ...) -> None: ...

class ListModelsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ("models",)
    MODELS_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[ModelInfo]
    def __init__(self, models: _Optional[_Iterable[_Union[ModelInfo, _Mapping]]] = ...) -> None: ...

class LoadModelRequest(_message.Message):
    __slots__ = ("model",)
    MODEL_FIELD_NUMBER: _ClassVar[int]
    model: str
    def __init__(self, model: _Optional[str] = ...) -> None: ...

class LoadModelResponse(_message.Message):
    __slots__ = ("model", "took_s")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    TOOK_S_FIELD_NUMBER: _ClassVar[int]
    model: ModelInfo
    took_s: float
    def __init__(self, model: _Optional[_Union[ModelInfo, _Mapping]] = ..., took_s: _Optional[float] = ...) -> None: ...

class UnloadModelRequest(_message.Message):
    __slots__ = ("model", "when_idle")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    WHEN_IDLE_FIELD_NUMBER: _ClassVar[int]
    model: str
    when_idle: bool
    def __init__(self, model: _Optional[str] = ..., when_idle: _Optional[bool] = ...) -> None: ...

class UnloadModelResponse(_message.Message):
    __slots__ = ("model",)
    MODEL_FIELD_NUMBER: _ClassVar[int]
    model: ModelInfo
    def __init__(self, model: _Optional[_Union[ModelInfo, _Mapping]] = ...) -> None: ...

class GetCapabilitiesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCapabilitiesResponse(_message.Message):
    __slots__ = ("name", "version", "languages", "resident", "models", "max_sessions", "free_slots", "queue_depth", "rtf", "max_text_chars", "max_message_bytes", "draining", "capabilities")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    RESIDENT_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    MAX_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    FREE_SLOTS_FIELD_NUMBER: _ClassVar[int]
    QUEUE_DEPTH_FIELD_NUMBER: _ClassVar[int]
    RTF_FIELD_NUMBER: _ClassVar[int]
    MAX_TEXT_CHARS_FIELD_NUMBER: _ClassVar[int]
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    DRAINING_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    languages: _containers.RepeatedScalarFieldContainer[str]
    resident: _containers.RepeatedScalarFieldContainer[str]
    models: _containers.RepeatedScalarFieldContainer[str]
    max_sessions: int
    free_slots: int
    queue_depth: int
    rtf: float
    max_text_chars: int
    max_message_bytes: int
    draining: bool
    capabilities: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., languages: _Optional[_Iterable[str]] = ..., resident: _Optional[_Iterable[str]] = ..., models: _Optional[_Iterable[str]] = ..., max_sessions: _Optional[int] = ..., free_slots: _Optional[int] = ..., queue_depth: _Optional[int] = ..., rtf: _Optional[float] = ..., max_text_chars: _Optional[int] = ..., max_message_bytes: _Optional[int] = ..., draining: _Optional[bool] = ..., capabilities: _Optional[_Iterable[str]] = ...) -> None: ...
