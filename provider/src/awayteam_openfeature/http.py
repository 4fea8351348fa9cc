"""The little of HTTP that is needed, by the standard library."""

import urllib.error
import urllib.request
from dataclasses import dataclass

MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    etag: str


def checked(url: str) -> str:
    """The address without a slash at its end. Raises `ValueError` for what is no web address."""
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{url[:80]!r} is no address; write https://awayteam.example.org")
    return url.rstrip("/")


def ask(url: str, token: str, *, timeout: float, body: bytes | None = None, etag: str = "") -> Reply:
    """GET, or POST of JSON. Raises `OSError` where nothing answers; statuses are returned as they are."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    if etag:
        headers["If-None-Match"] = etag
    if body is not None:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 - `checked` before
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310
            return Reply(answer.status, answer.read(MOST_BYTES), answer.headers.get("ETag") or "")
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, error.read(10_000), "")
