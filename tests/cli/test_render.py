"""`viraltracker render`: a script becomes a mastered episode, and nothing is made twice."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from mutagen.mp3 import MP3

from tests.cli.conftest import Command, commanding, start, until
from tests.fog import SCRIPT
from tests.speech.elevenlabs_server import SEEDED_VOICE, ElevenLabsServer
from viraltracker.audio import Loudness

KEYS = [
    *("session_id", "duration_ms", "integrated_lufs", "true_peak_dbtp"),
    *("takes", "generations_made", "generations_reused", "cost"),
]


@pytest.fixture
def paid() -> Iterator[ElevenLabsServer]:
    """A provider on this machine."""
    with ElevenLabsServer() as server:
        yield server


@pytest.fixture
def paying(settings: dict[str, str], paid: ElevenLabsServer) -> dict[str, str]:
    """The settings of a studio with a key."""
    key = {"ELEVENLABS_API_KEY": paid.key, "VIRALTRACKER_ELEVENLABS_BASE_URL": paid.base_url}
    return {**settings, **key}


def loudness_of(path: Path) -> float:
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    meter = Loudness(rate_hz)
    meter.feed(samples.mean(axis=1))
    return float(meter.integrated_lufs)


def test_the_whole_line_and_the_second_time_nothing_is_made(
    studio: Command, script: Path, tmp_path: Path
) -> None:
    out = tmp_path / "fog.mp3"
    said = studio("render", script, "--out", out, "--json")
    assert said.code == 0, said.err
    assert list(said.json) == KEYS
    assert (said.json["takes"], said.json["generations_made"], said.json["cost"]) == (2, 3, 0)
    assert 'New session "Fog"' in said.err
    assert soundfile.info(out).frames / 44.1 == pytest.approx(said.json["duration_ms"], abs=26.2)
    assert loudness_of(out) == pytest.approx(-19, abs=0.3)
    assert said.json["true_peak_dbtp"] <= -1
    assert str(MP3(out)["TIT2"]) == "Fog"
    first = out.read_bytes()
    again = studio("render", script, "--out", out, "--json")
    assert again.code == 0
    assert 'Continuing session "Fog"' in again.err
    assert again.json == {**said.json, "generations_made": 0, "generations_reused": 3}
    assert out.read_bytes() == first
    (shown,) = studio("sessions", "list", "--json").json
    assert (shown["id"], shown["status"]) == (said.json["session_id"], "exported")


def test_another_text_is_another_session_that_buys_only_what_is_new(
    studio: Command, script: Path, tmp_path: Path
) -> None:
    first = studio("render", script, "--out", tmp_path / "a.mp3", "--json").json
    script.write_text(SCRIPT.replace("whole lunch", "sandwich"), encoding="utf-8")
    second = studio("render", script, "--out", tmp_path / "b.mp3", "--json").json
    assert second["session_id"] != first["session_id"]
    assert (second["generations_made"], second["generations_reused"]) == (1, 2)
    # The same into the first session: the changed beat became stale, and its audio is there already.
    into = studio(
        "render", script, "--session", first["session_id"], "--out", tmp_path / "c.mp3", "--json"
    ).json
    assert into["session_id"] == first["session_id"]
    assert (into["generations_made"], into["generations_reused"]) == (0, 3)
    assert (tmp_path / "b.mp3").read_bytes() == (tmp_path / "c.mp3").read_bytes()


def test_a_pick_of_yours_stays_picked(studio: Command, script: Path, tmp_path: Path) -> None:
    fog = studio("render", script, "--out", tmp_path / "a.mp3", "--json").json
    studio("takes", "regenerate", fog["session_id"], "01_open", "--speed", "1.2")
    studio("takes", "pick", fog["session_id"], "01_open", "2")
    now = studio("render", script, "--out", tmp_path / "a.mp3", "--json").json
    assert now["duration_ms"] < fog["duration_ms"]
    assert now["generations_made"] == 0


def test_another_engine_speaks_this_render_and_the_voices_stay(
    paying: dict[str, str], paid: ElevenLabsServer, script: Path, tmp_path: Path
) -> None:
    studio = commanding(paying)
    free = studio("render", script, "--out", tmp_path / "a.mp3", "--json").json
    bought = studio("render", script, "--out", tmp_path / "b.mp3", "--engine", "elevenlabs", "--json").json
    assert bought["session_id"] == free["session_id"]
    assert (bought["generations_made"], bought["generations_reused"]) == (3, 0)
    assert bought["cost"] > 0
    assert len(paid.spoken) == 3
    again = studio("render", script, "--out", tmp_path / "b.mp3", "--engine", "elevenlabs", "--json").json
    assert (again["generations_made"], again["cost"], len(paid.spoken)) == (0, 0, 3)
    assert {each["profile"]["engine"] for each in studio("voices", "list", "--json").json} == {"espeak"}
    shown = studio("sessions", "show", "Fog", "--json").json
    assert [beat["state"] for beat in shown["beats"]] == ["picked"] * 3
    back = studio("render", script, "--out", tmp_path / "c.mp3", "--engine", "espeak", "--json").json
    assert (back["generations_made"], back["duration_ms"]) == (0, free["duration_ms"])


def test_a_take_that_cannot_be_made_is_named_with_its_reason(
    paying: dict[str, str], paid: ElevenLabsServer, script: Path, tmp_path: Path
) -> None:
    studio = commanding(paying)
    for voice in ("nobody", SEEDED_VOICE):
        studio("voices", "set", "wojak", "--engine", "elevenlabs", "--voice", voice)
        studio("voices", "set", "wojak", "--engine", "espeak")
        out = tmp_path / f"{voice}.mp3"
        said = studio("render", script, "--out", out, "--engine", "elevenlabs", "--json")
        assert (said.code, out.exists()) == ((3, False) if voice == "nobody" else (0, True))
        if voice == "nobody":
            message = said.json["error"]["message"]
            assert message.startswith(
                "1 of 2 takes could not be made; the others are kept.\n  02_reply take 1: "
            )
    assert (said.json["generations_made"], said.json["generations_reused"]) == (1, 2)


def test_what_failed_can_be_left_out_and_is_an_error_all_the_same(
    paying: dict[str, str], paid: ElevenLabsServer, script: Path, tmp_path: Path
) -> None:
    studio = commanding(paying)
    studio("voices", "set", "wojak", "--engine", "elevenlabs", "--voice", "nobody")
    out = tmp_path / "fog.mp3"
    said = studio("render", script, "--out", out, "--leave-out", "--json")
    assert (said.code, said.json["error"]["code"]) == (3, "SpeechError")
    assert "02_reply take 1: " in said.json["error"]["message"]
    assert str(MP3(out)["TIT2"]) == "Fog"


def test_a_signal_drops_what_is_queued_and_keeps_what_is_paid(
    paying: dict[str, str], paid: ElevenLabsServer, script: Path, tmp_path: Path
) -> None:
    beats = "".join(f"[BEAT: {n}]\nname: N\n---\nLine number {n}.\n[END_BEAT]\n" for n in range(1, 31))
    script.write_text(SCRIPT.partition("[BEAT")[0] + beats, encoding="utf-8")
    paid.gate.clear()
    out = tmp_path / "fog.mp3"
    process = start(paying, "render", script, "--out", out, "--engine", "elevenlabs")
    until(lambda: paid.under_way or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    lines = iter(process.stderr.readline, "")
    before = list(iter(lambda: next(lines), "Stopping.\n"))
    paid.gate.set()
    said = "".join([*before, *lines])
    assert process.wait() == 130
    assert process.stdout is not None
    process.stdout.close()
    process.stderr.close()
    bought = len(paid.spoken)
    assert 0 < bought < 30
    assert "queued takes were dropped" in said
    assert not out.exists()
    shown = commanding(paying)("sessions", "show", "Fog", "--json").json
    statuses = [take["status"] for beat in shown["beats"] for take in beat["takes"]]
    assert (statuses.count("done"), statuses.count("cancelled")) == (bought, 30 - bought)


def test_a_studio_of_its_own_is_made_and_closed(script: Path, data_folder: Path, tmp_path: Path) -> None:
    settings = {"VIRALTRACKER_DATA": str(data_folder)}
    process = start(settings, "render", script, "--out", tmp_path / "fog.mp3", "--stereo")
    out, err = process.communicate()
    assert (process.returncode, out.count("\n")) == (0, 1), err
    assert "-16.0 LUFS" in out
    assert soundfile.info(tmp_path / "fog.mp3").channels == 2
    assert not (data_folder / "postgres" / "postmaster.pid").exists()
