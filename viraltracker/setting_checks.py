"""What a setting's value may be. A check gives the value as it is used, or a `ValueError` in plain words.

Knows no setting's name: whoever reports the error puts it in front. No check shows a secret.
"""

import ipaddress
import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationInfo

__all__ = [
    "MAX_DATA_PATH_BYTES",
    "any_address",
    "catalogue_url",
    "data_folder",
    "model_url",
    "own_address",
    "postgres_url",
    "program",
    "provider_url",
    "readable",
    "redis_url",
    "secret_key",
    "speech_url",
    "stripped",
    "worker_addresses",
]

MAX_DATA_PATH_BYTES = 80
"""A Unix socket's path ends at 103 bytes on macOS (107 on Linux), and the database's lies below."""


def data_folder(path: Path) -> Path:
    """The folder, absolute, links not followed; the database's socket has to fit below it."""
    try:
        folder = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - resolve() would follow links
    except RuntimeError as unknown_user:
        raise ValueError(f"there is no home folder for {str(path)!r}. Write the whole path") from unknown_user
    text = str(folder)
    if not text.isprintable() or any(letter.isspace() for letter in text):
        raise ValueError(
            f"{text!r} has a blank or a control character, and the database can't live there. Choose another"
        )
    if len(os.fsencode(text)) > MAX_DATA_PATH_BYTES:
        raise ValueError(
            f"{text!r} is longer than {MAX_DATA_PATH_BYTES} bytes, too long for the database's socket. "
            "Choose a shorter path"
        )
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{text!r} is a file. Choose a folder")
    return folder


def stripped(value: object) -> object:
    """Without the blanks that copying brings along."""
    return value.strip() if isinstance(value, str) else value


def postgres_url(url: SecretStr) -> SecretStr:
    """A database's address, which may hold a password."""
    if not url.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("a database's address begins with postgresql://. Its value is not shown here")
    return url


def redis_url(url: SecretStr) -> SecretStr:
    """A registry's address, which may hold a password."""
    if not url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("a registry's address begins with redis://. Its value is not shown here")
    return url


def worker_addresses(text: str) -> str:
    """Addresses of voice workers, without blanks."""
    addresses = [address.strip() for address in text.split(",") if address.strip()]
    for address in addresses:
        host, _, port = address.rpartition(":")
        if not (host and port.isascii() and port.isdigit() and 0 < int(port) < 65_536) or "/" in address:
            raise ValueError(f"{address[:80]!r} is no voice worker's address. It looks like 127.0.0.1:50051")
    return ",".join(addresses)


def readable(path: Path) -> Path:
    """A file that is there."""
    if not path.expanduser().is_file():
        raise ValueError(f"there is no file at {str(path)!r}. Write the whole path")
    return path.expanduser().absolute()


def secret_key(key: SecretStr) -> SecretStr:
    """What can be sent in a header."""
    value = key.get_secret_value()
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise ValueError(
            "a key has letters, digits and signs only. Copy it again; its value is not shown here"
        )
    return key


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def provider_url(url: str) -> str:
    """Where a key may travel: https, or http on this machine."""
    try:
        parts = urlsplit(url)
        host, user, _ = parts.hostname or "", parts.username, parts.port
    except ValueError:
        raise ValueError("that is no web address. It looks like https://api.elevenlabs.io") from None
    if user is not None or parts.query or parts.fragment:
        raise ValueError("an address without a name, a password, ? and # is needed. The key goes elsewhere")
    if parts.scheme == "https" and host:
        return url.rstrip("/")
    if parts.scheme == "http" and _is_loopback(host):
        return url.rstrip("/")
    raise ValueError(f"{url!r} would send the key unprotected. Use https://, or http:// on 127.0.0.1")


def model_url(url: str) -> str:
    """Scripts may travel unprotected in one's own network, where most local models answer; keys never do."""
    try:
        parts = urlsplit(url)
        host, user, _ = parts.hostname or "", parts.username, parts.port
        near = parts.scheme == "http" and ipaddress.ip_address(host).is_private
    except ValueError:
        near = False
    if near and user is None and not (parts.query or parts.fragment):
        return url.rstrip("/")
    return provider_url(url)


def speech_url(url: str, info: ValidationInfo) -> str:
    """A speech server's address: a model's, or a provider's where a `speech_key`, read before, is set."""
    return provider_url(url) if info.data.get("speech_key") else model_url(url)


def catalogue_url(url: str) -> str:
    """Where files are fetched whose hashes come from there too: https, or http on this machine."""
    try:
        return provider_url(url)
    except ValueError:
        raise ValueError(
            "that is no safe address of a catalogue. Use https://, or http:// on 127.0.0.1, without ? and #"
        ) from None


def program(path: Path) -> Path:
    """The program's whole path."""
    found = shutil.which(path.expanduser())
    if found is None:
        raise ValueError(f"there is no program to run at {str(path)!r}. Write the whole path of ffmpeg")
    return Path(found).absolute()


def any_address(text: str) -> str:
    """An address to listen at; whether it may be an open one depends on whether people sign in."""
    if text == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f"{text!r} is no address of this machine. Use 127.0.0.1") from None


def own_address(text: str) -> str:
    """An address of this machine that nobody else reaches."""
    address = any_address(text)
    if not ipaddress.ip_address(address).is_loopback:
        raise ValueError(
            f"{text} would open the studio to the network, and it has no login. Use 127.0.0.1, and an SSH "
            "tunnel to come from another machine; or let people sign in, as docs/hosting.md describes"
        )
    return address
