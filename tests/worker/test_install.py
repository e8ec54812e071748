"""Installing Piper voices: from a real server, through every way in which that breaks."""

import errno
import fcntl
import hashlib
import json
import os
import resource
from pathlib import Path

import httpx
import pytest

from tests.worker.piper_voice import voice_config, voice_graph
from tests.worker.voices_server import CARD, VoicesServer, listed_file
from viraltracker.errors import (
    BadInput,
    Damaged,
    DiskFull,
    NotFound,
    ProviderDown,
    SettingsRefused,
    StoreError,
)
from viraltracker.worker import Line, Pack
from viraltracker.worker.families import PiperFamily
from viraltracker.worker.fetching import disk_refusals, refuse_unprotected
from viraltracker.worker.install import PiperInstaller
from viraltracker.worker.packs import read_packs

KEY = "en_US-hum-low"
MODEL = voice_graph(1)
CONFIG = json.dumps(voice_config("en-us", {})).encode()
WHOLE = [
    *("piper", f"piper/{KEY}", f"piper/{KEY}/MODEL_CARD", f"piper/{KEY}/{KEY}.onnx"),
    *(f"piper/{KEY}/{KEY}.onnx.json", f"piper/{KEY}/metadata.yaml"),
]


@pytest.fixture
def server():
    with VoicesServer() as server:
        yield server


@pytest.fixture
def paths(server: VoicesServer) -> dict[str, str]:
    """The paths of the voice that is published."""
    return server.add(KEY, MODEL, CONFIG)


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    return tmp_path / "voicepacks"


async def install(server: VoicesServer, packs: Path, name: str = KEY) -> Pack:
    installer = PiperInstaller(server.base_url, packs)
    return await installer.install(await installer.offer(name), lambda done, of: None)


def left(packs: Path) -> list[str]:
    """All files and folders below the folder of packs, the hidden ones too."""
    return sorted(str(path.relative_to(packs)) for path in packs.rglob("*"))


def parts(packs: Path) -> list[Path]:
    return list(packs.rglob("*.part"))


async def test_a_voice_is_installed_and_speaks(
    server: VoicesServer, paths: dict[str, str], packs: Path
) -> None:
    installer = PiperInstaller(server.base_url, packs)
    offer = await installer.offer(KEY)
    assert (offer.licence, offer.installed, left(packs)) == ("CC BY 4.0", False, [])
    told: list[tuple[int, int]] = []
    pack = await installer.install(offer, lambda done, of: told.append((done, of)))
    assert read_packs(packs).packs == (pack,)
    assert read_packs(packs).broken == ()
    assert pack.id == f"piper/{KEY}"
    assert pack.title == "hum, low (English, United States)"
    assert (pack.languages, pack.rate_hz, pack.licence) == (("en-US",), 22_050, "CC BY 4.0")
    assert (pack.consent, pack.version) == ("dataset licence", "1.0.0")
    assert pack.settings["sha256"] == {
        f"{KEY}.onnx": hashlib.sha256(MODEL).hexdigest(),
        f"{KEY}.onnx.json": hashlib.sha256(CONFIG).hexdigest(),
    }
    total = len(MODEL) + len(CONFIG) + len(CARD.encode())
    assert told[-1] == (total, total)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert left(packs) == WHOLE
    model = await PiperFamily().load(pack)
    assert len([piece async for piece in model.speak(Line("Closed. Open."))]) == 2


async def test_what_is_there_already_is_not_fetched_again(
    server: VoicesServer, paths: dict[str, str], packs: Path
) -> None:
    first = await install(server, packs)
    assert await install(server, packs, "en-hum-low") == first
    assert len(server.asked(paths[".onnx"])) == 1


async def test_a_damaged_or_older_pack_is_replaced(
    server: VoicesServer, paths: dict[str, str], packs: Path
) -> None:
    pack = await install(server, packs)
    (pack.folder / f"{KEY}.onnx").write_bytes(b"damaged")
    (pack.folder / "mine.txt").touch()
    again = await install(server, packs)
    assert (again.folder / f"{KEY}.onnx").read_bytes() == MODEL
    newer = voice_graph(1, toil=1)
    server.add(KEY, newer, CONFIG)
    assert ((await install(server, packs)).folder / f"{KEY}.onnx").read_bytes() == newer
    assert left(packs) == WHOLE


async def test_a_download_that_broke_off_goes_on_where_it_stopped(
    server: VoicesServer, paths: dict[str, str], packs: Path
) -> None:
    server.cut_at[paths[".onnx"]] = 700
    with pytest.raises(ProviderDown, match="goes on where it stopped"):
        await install(server, packs)
    assert read_packs(packs) == read_packs(packs / "nothing")
    (part,) = parts(packs)
    assert part.read_bytes() == MODEL[:700]
    pack = await install(server, packs)
    assert server.asked(paths[".onnx"]) == ["", "bytes=700-"]
    assert (pack.folder / f"{KEY}.onnx").read_bytes() == MODEL
    assert len(server.asked(paths[".onnx.json"])) == 1, "what was whole is not fetched again"


@pytest.mark.parametrize("how", ["ignored", "shifted", "too long", "of another version"])
async def test_a_part_that_can_not_be_gone_on_with_starts_over(
    server: VoicesServer, paths: dict[str, str], packs: Path, how: str
) -> None:
    server.cut_at[paths[".onnx"]] = 700
    with pytest.raises(ProviderDown):
        await install(server, packs)
    (part,) = parts(packs)
    if how == "ignored":
        server.ranges = False
    elif how == "shifted":
        server.shifted = True
    elif how == "too long":
        part.write_bytes(MODEL + b"more")
    else:
        part.write_bytes(b"\0" * 700)
    pack = await install(server, packs)
    assert (pack.folder / f"{KEY}.onnx").read_bytes() == MODEL


@pytest.mark.parametrize("content", [MODEL[:-1] + b"\0", MODEL + b"more", MODEL[:-1]])
async def test_another_content_than_the_catalogue_says_is_refused_and_dropped(
    server: VoicesServer, paths: dict[str, str], packs: Path, content: bytes
) -> None:
    server.files[paths[".onnx"]] = content
    short = len(content) < len(MODEL)
    with pytest.raises(ProviderDown if short else Damaged, match="broke off" if short else "another content"):
        await install(server, packs)
    assert read_packs(packs).packs == ()
    assert bool(parts(packs)) is short


async def test_a_model_card_with_another_content_is_refused(
    server: VoicesServer, paths: dict[str, str], packs: Path
) -> None:
    server.files[paths["MODEL_CARD"]] = CARD.replace("CC BY 4.0", "my grace!").encode()
    with pytest.raises(Damaged, match=r"MODEL_CARD came from 127.0.0.1 with another content"):
        await PiperInstaller(server.base_url, packs).offer(KEY)


async def test_what_the_server_has_not_or_does_not_want_is_said(
    server: VoicesServer, paths: dict[str, str], packs: Path
) -> None:
    server.statuses[paths[".onnx.json"]] = 503
    with pytest.raises(ProviderDown, match=r"127.0.0.1 answered 503"):
        await install(server, packs)
    del server.statuses[paths[".onnx.json"]], server.files[paths[".onnx.json"]]
    with pytest.raises(NotFound, match=r"has no en/en_US/hum/low/en_US-hum-low\.onnx\.json"):
        await install(server, packs)
    server.statuses["voices.json"] = 404
    with pytest.raises(NotFound, match=r"has no voices\.json. Check VIRALTRACKER_PIPER_VOICES_URL"):
        await install(server, packs)
    assert parts(packs) == []


async def test_without_a_network_that_is_said(packs: Path) -> None:
    with VoicesServer() as gone:
        base_url = gone.base_url
    with pytest.raises(ProviderDown, match=r"127.0.0.1 can't be reached"):
        await PiperInstaller(base_url, packs).offer(KEY)
    assert left(packs) == []


async def test_an_unknown_name_is_refused_with_the_nearest(
    server: VoicesServer, paths: dict[str, str], packs: Path
) -> None:
    for wanted, hint in (
        ("en_US-hun-low", f"Did you mean {KEY}"),
        ("\x1b[2J", "names are like en_US-lessac-medium"),
    ):
        with pytest.raises(NotFound, match=hint) as refused:
            await install(server, packs, wanted)
        assert "\x1b" not in refused.value.message
    assert left(packs) == []


async def test_a_redirect_is_followed(server: VoicesServer, paths: dict[str, str], packs: Path) -> None:
    server.files["store/blob"] = server.files.pop(paths[".onnx"])
    server.moved[paths[".onnx"]] = f"{server.base_url}/store/blob"
    assert (await install(server, packs)).folder.name == KEY
    server.moved["voices.json"] = f"{server.base_url}/voices.json"
    with pytest.raises(ProviderDown):
        await install(server, packs)


def test_a_protected_catalogue_leads_nowhere_unprotected() -> None:
    aside = httpx.Request("GET", "http://elsewhere.example/blob")
    with pytest.raises(SettingsRefused, match=r"voices\.example leads to an unprotected address"):
        refuse_unprotected("https://voices.example/main", aside)
    refuse_unprotected("http://127.0.0.1:80/main", aside)
    refuse_unprotected("https://voices.example/main", httpx.Request("GET", "https://elsewhere.example/blob"))


@pytest.mark.parametrize(
    "path",
    [
        "../../{key}.onnx",
        "/etc/{key}.onnx",
        "a/../{key}.onnx",
        "a\\../{key}.onnx",
        "a//{key}.onnx",
        "a\x1b/{key}.onnx",
    ],
)
async def test_a_path_that_leads_elsewhere_is_refused(
    server: VoicesServer, paths: dict[str, str], packs: Path, path: str
) -> None:
    files = server.listed[KEY]["files"]
    files[path.format(key=KEY)] = files.pop(paths[".onnx"])
    with pytest.raises(SettingsRefused, match="can't be used: it lists") as refused:
        await install(server, packs)
    assert "\x1b" not in refused.value.message
    assert left(packs) == []


async def test_files_that_are_not_expected_are_not_fetched(
    server: VoicesServer, paths: dict[str, str], packs: Path
) -> None:
    server.listed[KEY]["files"]["en/setup.py"] = listed_file(b"import os")
    await install(server, packs)
    assert left(packs) == WHOLE


async def test_a_name_with_accents_becomes_a_folder_that_every_disk_takes(
    server: VoicesServer, packs: Path
) -> None:
    server.add("pt_PT-tugão-medium", MODEL, CONFIG)
    # The server sees the path as it is sent.
    server.files |= {path.replace("ã", "%C3%A3"): content for path, content in server.files.items()}
    pack = await install(server, packs, "pt_PT-tugao-medium")
    assert (pack.id, pack.languages) == ("piper/pt_PT-tugao-medium", ("pt-PT",))
    await PiperFamily().load(pack)


async def test_one_broken_entry_does_not_hide_the_others(
    server: VoicesServer, paths: dict[str, str], packs: Path
) -> None:
    server.listed |= {"broken": 7, "en_US-other-low": {"aliases": [KEY, 3]}}
    assert (await install(server, packs)).id == f"piper/{KEY}"


async def test_a_voice_that_could_not_be_loaded_is_not_installed(server: VoicesServer, packs: Path) -> None:
    config = {**voice_config("en-us", {}), "phoneme_type": "pinyin"}
    paths = server.add(KEY, MODEL, json.dumps(config).encode() + b" " * 4)
    server.listed[KEY]["files"][paths[".onnx"]]["size_bytes"] = 10**6  # the larger file comes last
    with pytest.raises(SettingsRefused, match=r"can't be used here\. .*phoneme_type"):
        await install(server, packs)
    assert server.asked(paths[".onnx"]) == []
    assert read_packs(packs).packs == ()


async def test_a_disk_without_room_is_said_before_anything_comes(
    server: VoicesServer, paths: dict[str, str], packs: Path
) -> None:
    installer = PiperInstaller(server.base_url, packs, free_bytes=lambda folder: 60_000_000)
    with pytest.raises(DiskFull, match="has 60 MB left, and this needs 68 MB"):
        await installer.install(await installer.offer(KEY), lambda done, of: None)
    assert server.asked(paths[".onnx"]) == []
    assert left(packs) == ["piper"]


async def test_a_disk_that_fills_up_in_the_middle_loses_nothing(
    server: VoicesServer, paths: dict[str, str], packs: Path
) -> None:
    """A limit on the size of files stands for the disk; whoever writes can't tell them apart."""
    big = MODEL + b"\0" * 400_000
    server.add(KEY, big, CONFIG)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        with pytest.raises(DiskFull, match=r"is full\. Free some space and run it again"):
            await install(server, packs)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    (part,) = parts(packs)
    assert part.stat().st_size > 0
    assert read_packs(packs).packs == ()
    assert ((await install(server, packs)).folder / f"{KEY}.onnx").read_bytes() == big
    assert server.asked(paths[".onnx"])[-1].startswith("bytes=")


async def test_what_was_left_by_an_older_version_does_not_come_along(
    server: VoicesServer, paths: dict[str, str], packs: Path
) -> None:
    server.cut_at[paths[".onnx"]] = 700
    with pytest.raises(ProviderDown):
        await install(server, packs)
    (part,) = parts(packs)
    part.with_name("README").write_text("of before")
    await install(server, packs)
    assert left(packs) == WHOLE


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EACCES, StoreError)]
)
def test_what_the_disk_refuses_has_a_name(packs: Path, number: int, kind: type) -> None:
    with pytest.raises(kind), disk_refusals(packs):
        raise OSError(number, os.strerror(number))


async def test_a_folder_that_can_not_be_written_is_said(
    server: VoicesServer, paths: dict[str, str], packs: Path
) -> None:
    Path.touch(packs)
    with pytest.raises(
        StoreError, match=r"can't be written: not a directory\. Name another folder with --packs"
    ):
        await install(server, packs)


async def test_two_at_once_do_not_meet(server: VoicesServer, paths: dict[str, str], packs: Path) -> None:
    staging = packs / "piper" / f".{KEY}.installing"
    staging.mkdir(parents=True)
    lock = os.open(staging, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BadInput, match="Another process is installing this voice"):
            await install(server, packs)
    finally:
        os.close(lock)
    assert (await install(server, packs)).id == f"piper/{KEY}"
