from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from viraltracker.errors import NotFound, StoreDown
from viraltracker.ui.doorway import Doorway
from viraltracker.ui.links import HOUR_S, LinkSigner
from viraltracker.ui.login import Login
from viraltracker.ui.routes import Parcel, studio_routes

SHA = "ab" * 32
LOST = "cd" * 32
HERE = "http://127.0.0.1:8501"
NOW_S = 1_800_000_000.0
SIGNER = LinkSigner(b"k" * 32, lambda: NOW_S)
FLAC = b"fLaC" + bytes(range(256)) * 4


class Folder:
    """A shelf over one folder, for one user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def audio_file(self, sha256: str, user: str) -> Path:
        if user != "local":
            raise NotFound("There is no such audio here.")
        return self.folder / sha256

    async def download(self, thing: str, user: str) -> Parcel:
        if thing == "down":
            raise StoreDown
        if thing != "e1":
            raise NotFound("There is no such export.")
        return Parcel(self.folder / "episode", 'Fog "Rolls"\r\n/ In.mp3')


@pytest.fixture
async def browser(tmp_path: Path):
    (tmp_path / SHA).write_bytes(FLAC)
    (tmp_path / "episode").write_bytes(b"ID3" + b"\0" * 100)
    app = Starlette(routes=studio_routes(Folder(tmp_path), SIGNER), middleware=[Middleware(Doorway)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as client:
        yield client


async def test_audio_is_served_with_its_real_type_and_kept_by_this_browser_alone(browser) -> None:
    answer = await browser.get(SIGNER.link("audio", SHA, "local"))
    assert answer.status_code == 200
    assert answer.content == FLAC
    assert answer.headers["content-type"] == "audio/flac"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["accept-ranges"] == "bytes"
    kept_s = int(answer.headers["cache-control"].removeprefix("private, max-age="))
    assert HOUR_S < kept_s <= 2 * HOUR_S


async def test_a_player_can_seek(browser) -> None:
    link = SIGNER.link("audio", SHA, "local")
    part = await browser.get(link, headers={"Range": "bytes=4-9"})
    assert part.status_code == 206
    assert part.content == FLAC[4:10]
    assert part.headers["content-range"] == f"bytes 4-9/{len(FLAC)}"
    assert part.headers["content-type"] == "audio/flac"
    rest = await browser.get(link, headers={"Range": "bytes=1000-", "If-Range": part.headers["etag"]})
    assert (rest.status_code, rest.content) == (206, FLAC[1000:])
    beyond = await browser.get(link, headers={"Range": "bytes=5000-"})
    assert beyond.status_code == 416


@pytest.mark.parametrize(
    "path",
    [
        f"/audio/{SHA}",
        f"/audio/{SHA}?u=local&e=9999999999&s={'0' * 64}",
        "/audio/..%2f..%2fetc%2fpasswd",
        f"/audio/{SHA.upper()}",
        f"/audio/{SHA}x",
        "/download/e1",
        "/download/..%2fepisode",
    ],
)
async def test_nothing_opens_without_its_own_link(browser, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code in {403, 404}
    assert FLAC[:4] not in answer.content


async def test_a_link_for_one_opens_no_other(browser) -> None:
    link = SIGNER.link("audio", LOST, "local").replace(LOST, SHA)
    assert (await browser.get(link)).status_code == 403
    assert (await browser.get(SIGNER.link("audio", SHA, "somebody"))).status_code == 404


async def test_missing_audio_says_so(browser) -> None:
    answer = await browser.get(SIGNER.link("audio", LOST, "local"))
    assert answer.status_code == 404
    assert "no longer on the disk" in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_a_download_has_a_safe_name(browser) -> None:
    answer = await browser.get(SIGNER.link("download", "e1", "local"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.headers["content-disposition"] == ("attachment; filename*=utf-8''Fog%20-Rolls-%20In.mp3")


async def test_a_store_that_is_down_is_no_missing_file(browser) -> None:
    answer = await browser.get(SIGNER.link("download", "down", "local"))
    assert answer.status_code == 503
    assert "database" in answer.text


async def test_other_sites_can_not_use_a_link(browser) -> None:
    link = SIGNER.link("audio", SHA, "local")
    for site in ("cross-site", "same-site"):
        assert (await browser.get(link, headers={"Sec-Fetch-Site": site})).status_code == 403
    assert (await browser.get(link, headers={"Sec-Fetch-Site": "same-origin"})).status_code == 200
    assert (await browser.get(link, headers={"Origin": "http://evil.example"})).status_code == 403
    assert (await browser.get(link, headers={"Origin": "null"})).status_code == 403
    assert (await browser.get(link, headers={"Origin": HERE})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", "a@127.0.0.1", "127.0.0.1/x", ""]
)
async def test_another_name_for_this_machine_is_refused(browser, host: str) -> None:
    answer = await browser.get("/health", headers={"Host": host})
    assert answer.status_code == 403
    assert "127.0.0.1" in answer.text


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST"])
async def test_our_own_names_are_let_in(browser, host: str) -> None:
    answer = await browser.get("/health", headers={"Host": host})
    assert answer.json() == {"status": "ok"}


@pytest.mark.parametrize("address", ["10.0.0.5", "192.168.1.7", "[2001:db8::1]"])
async def test_what_arrives_from_the_network_is_refused(tmp_path: Path, address: str) -> None:
    app = Starlette(routes=studio_routes(Folder(tmp_path), SIGNER), middleware=[Middleware(Doorway)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{address}") as client:
        answer = await client.get("/health", headers={"Host": "127.0.0.1"})
    assert answer.status_code == 403
    assert "this machine alone" in answer.text


@pytest.mark.parametrize("local", ["::1", "127.0.0.1", "::ffff:127.0.0.1", "127.8.8.8"])
async def test_every_loopback_address_is_this_machine(local: str) -> None:
    assert await _websocket_through_the_doorway(local, "localhost:8501") == "let in"


async def test_a_websocket_is_guarded_too() -> None:
    assert await _websocket_through_the_doorway("10.0.0.5", "127.0.0.1") == "closed"
    assert await _websocket_through_the_doorway("127.0.0.1", "evil.example") == "closed"


async def test_where_people_sign_in_the_network_is_let_in_by_the_studios_name() -> None:
    way = Login("https://studio.example.org", ("",))
    for host in ("studio.example.org", "STUDIO.example.org:443", "localhost:8501"):
        assert await _websocket_through_the_doorway("10.0.0.5", host, way) == "let in"
    for host in ("10.0.0.5", "evil.example", "studio.example.org.evil.example"):
        assert await _websocket_through_the_doorway("10.0.0.5", host, way) == "closed"


@pytest.mark.parametrize(
    ("address", "given", "sent"),
    [
        ("https://studio.example.org", b"who=me; HttpOnly", b"who=me; HttpOnly; Secure"),
        ("https://studio.example.org", b"who=me; secure", b"who=me; secure"),
        ("https://studio.example.org", b"secure=me", b"secure=me; Secure"),
        ("http://localhost:8501", b"who=me; HttpOnly", b"who=me; HttpOnly"),
    ],
)
async def test_cookies_come_back_over_tls_alone_where_there_is_tls(
    address: str, given: bytes, sent: bytes
) -> None:
    said = []

    async def inner(scope, receive, send) -> None:
        headers = [(b"set-cookie", given), (b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"in"})

    async def send(message) -> None:
        said.append(message)

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    host = urlsplit(address).hostname or ""
    scope = {"type": "http", "server": ("10.0.0.5", 8501), "headers": [(b"host", host.encode())]}
    await Doorway(inner, Login(address, ("",)))(scope, receive, send)
    assert said[0]["headers"] == [(b"set-cookie", sent), (b"content-type", b"text/plain")]
    assert said[1]["body"] == b"in"


async def _websocket_through_the_doorway(local: str, host: str, login: Login | None = None) -> str:
    said = []

    async def inner(scope, receive, send) -> None:
        said.append("let in")

    async def send(message) -> None:
        assert message["type"] == "websocket.close"
        said.append("closed")

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "server": (local, 8501), "headers": [(b"host", host.encode())]}
    await Doorway(inner, login)(scope, receive, send)
    return said[0]


async def test_fonts_are_served_and_nothing_beside_them(browser) -> None:
    font = await browser.get("/studio/assets/fonts/inter-latin-wght-normal.woff2")
    assert font.status_code == 200
    assert font.headers["content-type"] == "font/woff2"
    assert font.content[:4] == b"wOF2"
    for path in ("fonts", "../server.py", "..%2fserver.py", "fonts/../../server.py", "nothing.woff2", "%00"):
        assert (await browser.get(f"/studio/assets/{path}")).status_code == 404, path
