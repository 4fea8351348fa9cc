"""An identity provider on loopback, for tests: OpenID Connect with PKCE and signed tokens, and the same questions as a
GitHub Enterprise Server and a GitLab answer. It hands out each code once, and only for what it was asked with."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "awayteam", "keep-it"
TOKENS = ("/token", "/login/oauth/access_token", "/oauth/token")


@dataclass
class Provider:
    """`claims` is who is signed in there. `emails` are GitHub's answer; `answers` overrides the answer to a path."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    emails: list[dict[str, Any]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def authorize(self, asked: dict[str, str]) -> str:
        """Somebody agreed in the browser: where it goes then."""
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        code = secrets.token_hex(8)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def exchange(self, said: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(said.get("code", ""), None)
        if asked is None or said.get("redirect_uri") != asked["redirect_uri"] or said.get("client_secret") != SECRET:
            return 400, {"error": "invalid_grant"}
        if "code_challenge" in asked:
            digest = hashlib.sha256(said.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
                return 400, {"error": "invalid_grant"}
        token = secrets.token_hex(8)
        self.tokens.add(token)
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60, **self.claims}
        signed = jwt.encode(claims, self.key, "RS256", headers={"kid": "one"})
        return 200, {"access_token": token, "token_type": "Bearer", "id_token": signed}

    def about(self, path: str) -> tuple[int, Any]:
        """What the bearer of a token may read."""
        if path == "/api/v3/user/emails":
            return 200, self.emails
        return (200, self.claims) if path in ("/userinfo", "/api/v3/user", "/api/v4/user") else (404, {})

    def configuration(self) -> dict[str, Any]:
        ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            **{f"{name}_endpoint": f"{self.url}/{path}" for name, path in ends.items()},
        }


@contextmanager
def providing() -> Iterator[Provider]:
    """A provider for the time of the block."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            bearer = self.headers.get("Authorization", "").rpartition(" ")[2] or query.get("access_token", [""])[0]
            if path in provider.answers:
                self.answer(*provider.answers[path])
            elif path == "/.well-known/openid-configuration":
                self.answer(200, provider.configuration())
            elif bearer in provider.tokens:
                self.answer(*provider.about(path))
            else:
                self.answer(401, {"message": "sign in"})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            path = urlsplit(self.path).path
            said = {name: values[0] for name, values in parse_qs(body).items()}
            self.answer(*(provider.exchange(said) if path in TOKENS else (404, {})))

        def answer(self, status: int, body: Any) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
