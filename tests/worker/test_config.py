"""A worker's configuration: the shipped file says what the code does; what is wrong is told by its key."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from viraltracker.errors import SettingsRefused
from viraltracker.worker.config import Config, HostPort, host_port, read_config
from viraltracker.worker.shelf import Rules

SHIPPED = Path(__file__).parents[2] / "config/worker.yaml"


def read(folder: Path, text: str) -> Config:
    path = folder / "worker.yaml"
    path.write_text(text)
    return read_config(path)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(SettingsRefused) as refusal:
        read(folder, text)
    return refusal.value.message


def keys(model: type[BaseModel], above: str = "") -> set[str]:
    found = set()
    for name, field in model.model_fields.items():
        found.add(above + name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= keys(field.annotation, f"{above}{name}.")
    return found


def test_the_shipped_file_is_the_defaults() -> None:
    assert read_config(SHIPPED) == Config()


def test_the_shipped_file_has_every_key_with_a_comment_above() -> None:
    written, section, commented = set(), "", False
    for line in SHIPPED.read_text().splitlines():
        match = re.match(r"( *)(\w+):", line)
        if match:
            section = section if match[1] else match[2]
            written.add(f"{section}.{match[2]}" if match[1] else match[2])
            assert commented, f"{match[2]} has no comment"
        commented = line.strip().startswith("#")
    assert written == keys(Config)
    assert set(yaml.safe_load(SHIPPED.read_text())) == set(Config.model_fields)


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    assert read(tmp_path, "") == read(tmp_path, "# nothing\n") == Config()


def test_what_differs_is_taken_and_the_rest_stays(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        "engines: [piper, tone]\ndefault: tone/tone\npreload: [piper/en_US-lessac-medium]\n"
        "packs: voices\nresidency: {cap: 2, ttl_s: 60}\n",
    )
    assert config.packs == tmp_path / "voices"
    assert config.pinned == {"tone/tone", "piper/en_US-lessac-medium"}
    assert config.rules == Rules(2, 60, 120, config.pinned)
    assert config.limits == Config().limits


def test_paths_may_be_whole_or_from_home(tmp_path: Path) -> None:
    assert read(tmp_path, "packs: /srv/voices").packs == Path("/srv/voices")
    assert read(tmp_path, "packs: ~/voices").packs == Path.home() / "voices"


def test_without_a_default_nothing_is_pinned(tmp_path: Path) -> None:
    assert read(tmp_path, "default: ''").pinned == frozenset()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("adress: 127.0.0.1:1", "worker.yaml: adress: there is no such key. Did you mean address?"),
        ("residency: {tll_s: 1}", "worker.yaml: residency.tll_s: there is no such key. Did you mean ttl_s?"),
        ("limits: {q: 1}", "worker.yaml: limits.q: there is no such key. Remove it."),
        ("name: My worker", "name: a name has a-z, 0-9, dots, hyphens and underscores."),
        ("residency: {cap: 0}", "residency.cap: it should be greater than or equal to 1."),
        ("residency: {cap: many}", "residency.cap: it should be a valid integer."),
        ("residency: {ttl_s: .inf}", "residency.ttl_s: it should be"),
        ("residency: 3", "residency: it should be a valid dictionary"),
        ("limits: {text_chars: 5001}", "limits.text_chars: it should be less than or equal to 5000."),
        ("engines: []", "engines: Tuple should have at least 1 item"),
        (
            "engines: [festival]",
            "engines.0: it should be 'csm', 'espeak', 'piper', 'openai' or 'tone'.",
        ),
        ("default: lessac", "default: a model is written engine/name, like espeak/espeak-ng."),
        ("preload: [piper/../x]", "preload.0: a model is written engine/name"),
        ("preload: [tone/tone]", "worker.yaml: tone/tone needs its engine; add it to engines"),
        (
            "preload: [piper/a, piper/b, piper/c]",
            "default and preload are 4 models, more than residency.cap (3)",
        ),
        ("packs: ''", "packs: a path is one line of text; leave it empty for none."),
        (
            "packs: ~nobody-of-that-name/x",
            "packs: there is no home folder of that name; write the whole path.",
        ),
        ("address: 127.0.0.1", "address: an address is written host:port, like 127.0.0.1:50051."),
        ("address: ':50051'", "address: an address is written host:port"),
        ("address: '127.0.0.1:99999'", "address: an address is written host:port"),
        ("address: 'me@127.0.0.1:1'", "address: an address is written host:port"),
        ("address: '127.0.0.1:1/x'", "address: an address is written host:port"),
        ("advertise: 0.0.0.0:50051", "advertise: that is no address to come to"),
        ("advertise: '[::]:0'", "advertise: that is no address to come to"),
        ("advertise: voices", "advertise: an address is written host:port"),
        ("address: 'a b:1'", "address: an address is written host:port"),
        ("metrics: 0.0.0.0:9109", "metrics: figures are for this machine alone; use 127.0.0.1"),
        ("tls: {key: nowhere.pem}", "tls.key: there is no such file."),
        ("log: loud", "log: it should be 'auto', 'json' or 'text'."),
    ],
)
def test_what_is_wrong_is_told_by_its_key(tmp_path: Path, text: str, told: str) -> None:
    assert told in refused(tmp_path, text)


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    assert refused(tmp_path, "nmae: x\nresidency: {cap: 0}\nlog: loud\n").count("\n") == 2


@pytest.mark.parametrize("key", ["token_env", "redis_url_env"])
def test_a_secret_in_the_place_of_a_name_is_not_shown(tmp_path: Path, key: str) -> None:
    told = refused(tmp_path, f"{key}: sk-very-secret-value")
    assert f"{key}: that is no environment variable's name" in told
    assert "secret" not in told


@pytest.mark.parametrize(
    "address", ["0.0.0.0:50051", "[::]:50051", "10.0.0.7:50051", "localhost.example.com:1"]
)
def test_an_open_address_needs_a_certificate_and_a_token(tmp_path: Path, address: str) -> None:
    (tmp_path / "c.pem").write_text("")
    (tmp_path / "k.pem").write_text("")
    needed = "set tls.certificate, tls.key and token_env, or use 127.0.0.1"
    tls = "\ntls: {certificate: c.pem, key: k.pem}"
    token = "\ntoken_env: WORKER_TOKEN"
    assert needed in refused(tmp_path, f"address: '{address}'")
    assert needed in refused(tmp_path, f"address: '{address}'{tls}")
    assert needed in refused(tmp_path, f"address: '{address}'{token}")
    config = read(tmp_path, f"address: '{address}'{tls}{token}")
    assert (config.address, config.tls.key) == (address, tmp_path / "k.pem")


def test_a_certificate_comes_with_its_key(tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_text("")
    assert "tls: a certificate needs its key" in refused(tmp_path, "tls: {certificate: c.pem}")


@pytest.mark.parametrize("address", ["127.0.0.1:0", "[::1]:50051", "localhost:50051", "127.9.9.9:1"])
def test_this_machine_needs_neither(tmp_path: Path, address: str) -> None:
    assert read(tmp_path, f"address: '{address}'").address == address


def test_an_address_in_parts() -> None:
    assert host_port("[::1]:50051") == HostPort("::1", 50051)
    assert host_port("localhost:0").is_loopback
    assert not host_port("0.0.0.0:1").is_loopback


def test_the_token_is_read_by_its_name_and_must_be_one(tmp_path: Path) -> None:
    assert Config().token({"WORKER_TOKEN": "x"}) is None
    config = read(tmp_path, "token_env: WORKER_TOKEN")
    assert config.token({"WORKER_TOKEN": " 0123456789abcdef\n"}) == "0123456789abcdef"
    for value in ("", "too-short-secret"[:15], "a secret with blanks", "gehe\u00efm0123456789abc"):
        with pytest.raises(SettingsRefused, match="WORKER_TOKEN should hold the worker's token") as refusal:
            config.token({"WORKER_TOKEN": value})
        assert "secret" not in refusal.value.message


def test_the_registry_is_named_by_the_environment(tmp_path: Path) -> None:
    environ = {"REDIS_URL": "redis://u:p@localhost/0"}
    assert Config().redis_url(environ) == "redis://u:p@localhost/0"
    assert Config().redis_url({}) is None
    assert read(tmp_path, "redis_url_env: ''").redis_url(environ) is None


def test_what_is_secret_is_known_by_its_names(tmp_path: Path) -> None:
    config = read(tmp_path, "token_env: WORKER_TOKEN")
    assert config.secrets({"WORKER_TOKEN": " t0ken\n", "REDIS_URL": "redis://:pw@h"}) == (
        "t0ken",
        "redis://:pw@h",
    )
    assert config.secrets({"WORKER_TOKEN": " "}) == Config().secrets({"WORKER_TOKEN": "x"}) == ()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match=r"worker\.yaml is missing"):
        read_config(tmp_path / "worker.yaml")
