"""ETags: a known answer isn't sent again, and a change is refused where somebody changed the thing meanwhile.

The tag is a hash of the answer's bytes, so that it is exact whatever the answer was made from. `If-Match` on a write
therefore costs the making of that answer once more, and only where the header is sent.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags, quote_etag

from awayteam.kernel.errors import AwayteamError


class Changed(AwayteamError):
    """The thing isn't any more as the caller last saw it."""

    status = 412
    title = "Changed meanwhile"


def tag(content: bytes) -> str:
    return quote_etag(hashlib.sha256(content).hexdigest()[:32])


def answer(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A good answer to GET with its ETag; 304 without body where `If-None-Match` names it."""
    if request.method != "GET" or response.status_code != 200 or response.streaming:
        return response
    if not response.has_header("ETag"):
        response["ETag"] = tag(response.content)
    response.setdefault("Cache-Control", "private, no-cache")
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" in known or _plain(response["ETag"]) in {_plain(each) for each in known}:
        unchanged = HttpResponse(status=304)
        for header in ("ETag", "Cache-Control", "Vary"):
            if response.has_header(header):
                unchanged[header] = response[header]
        del unchanged["Content-Type"]
        return unchanged
    return response


def _plain(etag: str) -> str:
    """For the weak comparison that RFC 9110 asks of If-None-Match."""
    return etag.removeprefix("W/")


@contextmanager
def guarded(request: HttpRequest, row: models.Model, answer: Callable[[], Any]) -> Iterator[None]:
    """Run the block only if `If-Match` names the ETag of what `answer` gives; `row` is locked until it is through.

    Without the header the block simply runs. `answer` gives what GET on the same address would send. Raises `Changed`.
    """
    from awayteam.kernel.rest.json import dump

    wanted = parse_etags(request.headers.get("If-Match", ""))
    if not wanted:
        yield
        return
    with transaction.atomic():
        type(row)._default_manager.select_for_update().filter(pk=row.pk).first()
        if "*" not in wanted and tag(dump(answer())) not in wanted:
            raise Changed(
                "This was changed since you read it.", "Read it again, and repeat the change with its new ETag."
            )
        yield
