"""Who we are on GitHub: the App (a signed note of its own), and an installation of it (a token that lasts an hour).

Tokens stay in this process, in memory, and in no message. Everything is counted by GitHub's clock, as its last answer
told it: a clock of ours that is ten minutes off costs one refused request.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock

import jwt

from awayteam.forges.github import reading
from awayteam.forges.http import Http, HttpError, join
from awayteam.forges.port import ForgeError

BACKDATED = timedelta(seconds=60)
LASTS = timedelta(minutes=9)
"""GitHub accepts no note that lasts longer than ten minutes."""
RENEWED_BEFORE = timedelta(minutes=5)

Now = Callable[[], datetime]


class AppAuth:
    """`http.Auth` of the App. `now` is GitHub's clock."""

    def __init__(self, app_id: str, private_key: str, now: Now) -> None:
        self._id, self._key, self._now = app_id, private_key, now
        self._signed: tuple[str, datetime] | None = None

    def headers(self) -> Mapping[str, str]:
        now = self._now()
        if self._signed is None or not self._signed[1] - LASTS <= now < self._signed[1] - RENEWED_BEFORE:
            self._signed = self._sign(now), now + LASTS
        return {"Authorization": f"Bearer {self._signed[0]}"}

    def _sign(self, now: datetime) -> str:
        """Raises `ForgeError(final=True)` where the key is none; the reason would quote from it, so it isn't told."""
        claims = {
            "iat": int((now - BACKDATED).timestamp()),
            "exp": int((now + LASTS).timestamp()),
            "iss": self._id,
        }
        try:
            return jwt.encode(claims, self._key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise ForgeError("The App's private key can't be read; enter the whole PEM file.", final=True) from None

    def refused(self) -> bool:
        """The answer told GitHub's time: a new note may be accepted."""
        self._signed = None
        return True


class InstallationAuth:
    """`http.Auth` of one installation. The token is asked for when it is needed, and renewed before it ends."""

    def __init__(self, app: Http, installation: str, now: Now) -> None:
        self._app, self._installation, self._now = app, installation, now
        self._token: tuple[str, datetime] | None = None
        self._lock = Lock()

    def headers(self) -> Mapping[str, str]:
        with self._lock:
            if self._token is None or self._now() >= self._token[1] - RENEWED_BEFORE:
                self._token = self._ask()
            return {"Authorization": f"Bearer {self._token[0]}"}

    def _ask(self) -> tuple[str, datetime]:
        path = join("app", "installations", self._installation, "access_tokens")
        try:
            told = self._app.call("POST", path, repeatable=True).json()
        except HttpError as error:
            if error.status in {403, 404}:
                says = f"The App isn't installed there any more, or is suspended ({error.says})."
                raise HttpError(says, status=error.status, final=True) from error
            raise
        token, ends = told.get("token") if isinstance(told, dict) else None, reading.obj(told).get("expires_at")
        ends_at = reading.moment({"at": ends}, "at")
        if not isinstance(token, str) or not 8 <= len(token) <= 1_000 or not token.isascii() or ends_at is None:
            raise ForgeError(f"POST {path} answered with no token")
        return token, ends_at

    def refused(self) -> bool:
        """The token was revoked, or ended early: the next one may do."""
        with self._lock:
            self._token = None
        return True
