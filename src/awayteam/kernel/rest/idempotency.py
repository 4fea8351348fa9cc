"""Writes that may be sent again: the header `Idempotency-Key` (IETF draft "The Idempotency-Key HTTP Header Field").

The key is kept in the transaction of the write itself, with the answer. A program that lost an answer repeats its
request with the key and gets the same answer; nothing is done twice, whatever was killed when. What was refused is not
kept: it changed nothing, and may be sent again.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from awayteam.kernel.models import IdempotentWrite
from awayteam.kernel.requests import Request
from awayteam.kernel.rest.problems import of_size, problem

HEADER = "Idempotency-Key"
LONGEST_KEY = 200
KEPT = timedelta(days=7)
PREFIX = "/api/v1/"
METHODS = frozenset({"DELETE", "PATCH", "POST", "PUT"})
REPEATED = ("Content-Type", "ETag", "Location")
BATCH = 10_000


class IdempotencyMiddleware:
    """Stands after `ApiMiddleware`; looks only at writes of somebody signed in that carry the header."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.headers.get(HEADER, "")
        acted: Request = request  # type: ignore[assignment]
        if not key or request.method not in METHODS or not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        if acted.actor.user_id is None:
            return self.get_response(request)
        if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
            advice = "Send up to 200 printable ASCII characters, such as a random UUID."
            return problem(request, 400, f"{HEADER} can't be used.", advice=advice)
        try:
            print_ = fingerprint(request)
        except RequestDataTooBig as error:
            return of_size(request, error)
        return self._once(request, acted.actor.user_id, key, print_)

    def _once(self, request: HttpRequest, user_id: int, key: str, print_: str) -> HttpResponse:
        with transaction.atomic():
            try:
                with transaction.atomic():  # another one with this key, still under way, is waited for here
                    row = IdempotentWrite.objects.create(
                        user_id=user_id, key=key, fingerprint=print_, created_at=timezone.now()
                    )
            except IntegrityError:
                known = IdempotentWrite.objects.get(user_id=user_id, key=key)
                return repeat(request, known, print_)
            response = self.get_response(request)
            if response.status_code >= 400 or response.streaming:
                transaction.set_rollback(True)
                return response
            row.status, row.body = response.status_code, bytes(response.content)
            row.headers = {name: response[name] for name in REPEATED if response.has_header(name)}
            row.save(update_fields=["status", "body", "headers"])
            return response


def fingerprint(request: HttpRequest) -> str:
    """What makes two requests the same: method, address and body; of a form, what stands between its boundaries.

    Clients draw a new boundary each time they send a form. The length before each part keeps two forms apart whose
    parts only run together alike.
    """
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    boundary = (request.content_params or {}).get("boundary", "")
    if not boundary or not (request.content_type or "").startswith("multipart/"):
        digest.update(request.body)
        return digest.hexdigest()
    for part in (b"\r\n" + request.body).split(b"\r\n--" + boundary.encode()):
        digest.update(b"%d\n" % len(part))
        digest.update(part)
    return digest.hexdigest()


def repeat(request: HttpRequest, known: IdempotentWrite, print_: str) -> HttpResponse:
    """The answer of the first time; problem details (422) where the key was used for something else."""
    if known.fingerprint != print_:
        advice = "Use a new key for a new request."
        return problem(request, 422, f"This {HEADER} was used for another request.", advice=advice)
    response = HttpResponse(bytes(known.body), status=known.status)
    for name, value in known.headers.items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response


def forget(now: datetime) -> int:
    """Delete keys that are older than a week; returns how many."""
    old = IdempotentWrite.objects.filter(created_at__lt=now - KEPT).values("pk")[:BATCH]
    return IdempotentWrite.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()[0]
