"""An OpenID Connect provider on this machine: discovery, the code flow with PKCE, signed tokens, signing out.

Its page asks nobody for a password: a visitor presses who they are. It checks what a provider checks: the
client, where it sends people back to, the code's challenge, and that a code is used once.
"""

import base64
import hashlib
import html
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.loopback import Handler, Loopback

__all__ = ["Account", "Provider"]


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in there."""

    subject: str
    email: str
    name: str
    vouched_for: bool = True


@dataclass
class Provider:
    """Serves from `with` to its end; `accounts` are who can sign in, `secrets_toml` is the studio's half."""

    accounts: tuple[Account, ...]
    client_id: str = "studio"
    client_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}))
    redirect_uri: str = ""

    def __enter__(self) -> "Provider":
        self._server = Loopback("oidc", _Handler, provider=self)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def issuer(self) -> str:
        """Its own address."""
        return self._server.url

    def secrets_toml(self, studio_url: str) -> str:
        """What a studio at that address has in its `secrets.toml`."""
        self.redirect_uri = f"{studio_url}/oauth2callback"
        return (
            f'[auth]\nredirect_uri = "{self.redirect_uri}"\ncookie_secret = "{secrets.token_hex(32)}"\n'
            f'client_id = "{self.client_id}"\nclient_secret = "{self.client_secret}"\n'
            f'server_metadata_url = "{self.issuer}/.well-known/openid-configuration"\n'
            '[people]\nmay_enter = ["@example.org"]\n'
        )

    def metadata(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0, section 3."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/logout",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """The answer to a code; None where something isn't right."""
        asked = self.codes.pop(form.get("code", ""), None)
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).decode().rstrip("=")
        if asked is None or authorization != f"Basic {basic}" or challenge != asked["code_challenge"]:
            return None
        who = next(account for account in self.accounts if account.subject == asked["who"])
        now_s = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": who.subject,
            "aud": self.client_id,
            "iat": now_s,
            "exp": now_s + 600,
            "nonce": asked["nonce"],
            "email": who.email,
            "email_verified": who.vouched_for,
            "name": who.name,
        }
        header = {"alg": "RS256", "kid": self.key.kid}
        signed = jwt.encode(header, claims, self.key)
        return {"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": signed}


class _Handler(Handler):
    provider: Provider

    def do_GET(self) -> None:
        asked = dict(parse_qsl(urlsplit(self.path).query))
        match urlsplit(self.path).path:
            case "/.well-known/openid-configuration":
                self._json(self.provider.metadata())
            case "/jwks":
                self._json({"keys": [self.provider.key.as_dict(private=False)]})
            case "/authorize":
                self._authorize(asked)
            case "/logout":
                self._send(302, b"", {"Location": asked["post_logout_redirect_uri"]})
            case _:
                self._send(404, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        answer = self.provider.token(form, self.headers.get("Authorization", ""))
        if answer is None:
            self._json({"error": "invalid_grant"}, 400)
        else:
            self._json(answer)

    def _authorize(self, asked: dict[str, str]) -> None:
        provider = self.provider
        if asked["client_id"] != provider.client_id or asked["redirect_uri"] != provider.redirect_uri:
            self._send(400, b"That client is not known here.")
            return
        if "who" in asked:
            code = secrets.token_hex(16)
            provider.codes[code] = asked
            back = urlencode({"code": code, "state": asked["state"]})
            self._send(302, b"", {"Location": f"{asked['redirect_uri']}?{back}"})
            return
        links = "".join(
            f'<p><a href="/authorize?{html.escape(urlencode({**asked, "who": account.subject}))}">'
            f"{html.escape(account.name)}</a></p>"
            for account in provider.accounts
        )
        self._send(200, f"<!doctype html><title>Who?</title>{links}".encode(), {"Content-Type": "text/html"})

    def _json(self, value: object, status: int = 200) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
