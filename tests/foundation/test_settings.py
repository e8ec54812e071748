"""What a person sets is read once, checked, and refused in words that say which variable to mend."""

import os
import traceback
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from viraltracker.errors import SettingsRefused
from viraltracker.setting_checks import MAX_DATA_PATH_BYTES
from viraltracker.settings import (
    Settings,
    Shipped,
    read_settings,
    resource,
    safe_address,
    settings_table,
)

ROOT = Path(__file__).parents[2]


def refused(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsRefused) as refusal:
        read_settings()
    return refusal.value.message


def test_nothing_set_is_a_working_studio_on_this_machine() -> None:
    settings = read_settings()
    assert (settings.address, settings.port, settings.log, settings.log_level) == (
        "127.0.0.1",
        8501,
        "auto",
        "info",
    )
    assert settings.database_url is None
    assert settings.elevenlabs_api_key is None
    assert settings.ffmpeg is None
    assert settings.data.is_absolute()


def test_data_lies_where_services_keep_it_for_root_and_at_home_for_people() -> None:
    is_root = os.name == "posix" and os.geteuid() == 0
    data = read_settings().data
    assert data == Path("/var/lib/viraltracker") if is_root else data.is_relative_to(Path.home())


def test_everything_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ffmpeg = tmp_path / "ffmpeg"
    ffmpeg.write_text("#!/bin/sh\n")
    ffmpeg.chmod(0o755)
    for variable, value in {
        "VIRALTRACKER_DATA": "/srv/vt",
        "DATABASE_URL": "postgresql://u:p@localhost/vt",
        "ELEVENLABS_API_KEY": " sk_0123\n",
        "VIRALTRACKER_ELEVENLABS_BASE_URL": "http://127.0.0.1:9/v/",
        "VIRALTRACKER_ELEVENLABS_CONCURRENCY": "10",
        "VIRALTRACKER_FFMPEG": str(ffmpeg),
        "VIRALTRACKER_ADDRESS": "localhost",
        "VIRALTRACKER_PORT": "9000",
        "VIRALTRACKER_LOG": "json",
        "VIRALTRACKER_LOG_LEVEL": "DEBUG",
        "VIRALTRACKER_WORKER_CONCURRENCY": "3",
    }.items():
        monkeypatch.setenv(variable, value)
    settings = read_settings()
    assert settings.elevenlabs_api_key is not None
    assert settings.elevenlabs_api_key.get_secret_value() == "sk_0123"
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value().endswith("@localhost/vt")
    assert settings.elevenlabs_base_url == "http://127.0.0.1:9/v"
    assert (settings.data, settings.ffmpeg) == (Path("/srv/vt"), ffmpeg)
    assert (settings.address, settings.port, settings.log_level) == ("127.0.0.1", 9000, "debug")
    assert (settings.elevenlabs_concurrency, settings.worker_concurrency) == (10, 3)


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELEVENLABS_API_KEY", "")
    monkeypatch.setenv("VIRALTRACKER_PORT", "")
    settings = read_settings()
    assert settings.elevenlabs_api_key is None
    assert settings.port == 8501


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        read_settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("VIRALTRACKER_PROT", "VIRALTRACKER_PORT"),
        ("VIRALTRACKER_ELEVENLABS_API_KEY", "ELEVENLABS_API_KEY"),
        ("viraltracker_dta", "VIRALTRACKER_DATA"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_nearest_one(
    written: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(written, "x", monkeypatch) == f"{written}: there is no such setting. Did you mean {meant}?"


def test_a_foreign_name_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "README" in refused("VIRALTRACKER_QQQQQQQQQQQQ", "1", monkeypatch)


def test_all_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRALTRACKER_PORT", "99999")
    monkeypatch.setenv("VIRALTRACKER_LOG", "xml")
    lines = refused("VIRALTRACKER_LOGS", "json", monkeypatch).splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "VIRALTRACKER_LOGS",
        "VIRALTRACKER_PORT",
        "VIRALTRACKER_LOG",
    ]


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("VIRALTRACKER_PORT", "eighty", "VIRALTRACKER_PORT: it should be a whole number."),
        ("VIRALTRACKER_PORT", "0", "greater than or equal to 1"),
        ("VIRALTRACKER_WORKER_CONCURRENCY", "0", "greater than or equal to 1"),
        ("VIRALTRACKER_LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("VIRALTRACKER_DATA", "/srv/my studio", "a blank"),
        ("VIRALTRACKER_DATA", "/srv/tab\tbed", "a blank or a control"),
        ("VIRALTRACKER_DATA", "/" + "x" * MAX_DATA_PATH_BYTES, "too long"),
        ("VIRALTRACKER_DATA", "~nobody-of-that-name/x", "no home folder"),
        ("VIRALTRACKER_FFMPEG", "/nowhere/ffmpeg", "no program to run"),
        ("VIRALTRACKER_ADDRESS", "studio.example", "no address of this machine"),
        ("VIRALTRACKER_ELEVENLABS_BASE_URL", "http://example.org", "unprotected"),
        ("VIRALTRACKER_ELEVENLABS_BASE_URL", "http://127.0.0.1.example.org", "unprotected"),
        ("VIRALTRACKER_ELEVENLABS_BASE_URL", "file:///etc/passwd", "unprotected"),
        ("VIRALTRACKER_ELEVENLABS_BASE_URL", "https://", "unprotected"),
        ("VIRALTRACKER_ELEVENLABS_BASE_URL", "https://example.org:x", "no web address"),
        ("VIRALTRACKER_ELEVENLABS_BASE_URL", "https://example.org/?a=b", "without"),
        ("VIRALTRACKER_SPEECH_URL", "http://example.org/v1", "unprotected"),
        ("VIRALTRACKER_SPEECH_URL", "http://192.168.7.7:99999", "no web address"),
        ("VIRALTRACKER_SPEECH_URL", "kokoro:8880", "unprotected"),
    ],
)
def test_a_bad_value_is_refused_with_a_reason(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = refused(variable, value, monkeypatch)
    assert message.startswith(f"{variable}: ")
    assert said in message


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ELEVENLABS_API_KEY", "canary\u00e9"),
        ("ELEVENLABS_API_KEY", "canary key"),
        ("DATABASE_URL", "mysql://studio:canary@localhost/vt"),
        ("VIRALTRACKER_SPEECH_KEY", "canary\nkey"),
        ("VIRALTRACKER_SPEECH_URL", "http://:canary@192.168.7.7"),
        ("VIRALTRACKER_ELEVENLABS_BASE_URL", "https://me:canary@example.org"),
        ("VIRALTRACKER_ELEVENLABS_BASE_URL", "http://me:canary@[::1"),
    ],
)
def test_a_refusal_never_shows_a_secret(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsRefused) as refusal:
        read_settings()
    assert variable in refusal.value.message
    assert "canary" not in "".join(traceback.format_exception(refusal.value))


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8880", "http://192.168.7.7:8880", "https://tts.example/v1/"]
)
def test_a_speech_server_may_stand_in_ones_own_network(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRALTRACKER_SPEECH_URL", address)
    assert read_settings().speech_url == address.rstrip("/")


def test_a_key_for_a_speech_server_does_not_travel_unprotected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRALTRACKER_SPEECH_KEY", "canary")
    message = refused("VIRALTRACKER_SPEECH_URL", "http://192.168.7.7:8880", monkeypatch)
    assert message.startswith("VIRALTRACKER_SPEECH_URL: ")
    assert "unprotected" in message
    monkeypatch.setenv("VIRALTRACKER_SPEECH_URL", "http://127.0.0.1:8880")
    settings = read_settings()
    assert settings.secrets() == ("canary",)
    assert "canary" not in repr(settings)


def test_settings_can_be_printed_without_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELEVENLABS_API_KEY", "canary")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:canary@localhost/vt")
    settings = read_settings()
    assert "canary" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def test_a_data_folder_may_begin_at_home_or_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIRALTRACKER_DATA", "~/studio")
    assert read_settings().data == Path.home() / "studio"
    monkeypatch.chdir("/")
    monkeypatch.setenv("VIRALTRACKER_DATA", "srv/../studio")
    assert read_settings().data == Path("/studio")


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("note").write_text("x")
    link = Path(os.environ["HOME"]) / "note"
    link.symlink_to(tmp_path / "note")
    try:
        assert "is a file" in refused("VIRALTRACKER_DATA", str(link), monkeypatch)
    finally:
        link.unlink()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", " localhost "])
def test_this_machines_addresses_are_safe(address: str) -> None:
    assert safe_address(address) in {"127.0.0.1", "127.1.2.3", "::1"}


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.7", "::"])  # noqa: S104 - refused
def test_an_open_address_is_refused(address: str) -> None:
    with pytest.raises(SettingsRefused, match="it has no login"):
        safe_address(address)


def test_the_table_names_every_setting_once() -> None:
    rows = [line.split("|")[1].strip(" `") for line in settings_table().splitlines()[2:]]
    assert len(rows) == len(set(rows)) == len(Settings.model_fields)
    assert {"VIRALTRACKER_DATA", "DATABASE_URL", "ELEVENLABS_API_KEY"} <= set(rows)


def test_what_we_ship_is_found_in_the_checkout() -> None:
    for name in get_args(Shipped):
        assert resource(name) == ROOT / name
