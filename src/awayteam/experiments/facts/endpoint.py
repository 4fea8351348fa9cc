"""Where programs send facts: no session, a bounded body; a sender is known by its token alone."""

from dataclasses import asdict
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from awayteam.experiments.actions.keeping import hash_of
from awayteam.experiments.facts import store
from awayteam.experiments.facts.taking import BadBatch, take
from awayteam.experiments.models import Sender
from awayteam.kernel import rulebook

MOST_TOLD = 100
"""Refused rows that an answer names; how many there were in all stands beside them."""
SEEN_EVERY = timedelta(minutes=5)


@csrf_exempt
@require_POST
def facts(request: HttpRequest) -> HttpResponse:
    """202: kept, with the rows that were refused. 400: no batch. 401: no such token. 413: too large, not read."""
    book, now = rulebook.current().experiments, timezone.now()
    sender = _sender(request)
    if sender is None:
        return _said(401, "The token is missing, wrong or revoked.", "Send it as Authorization: Bearer awfs_...")
    length = request.headers.get("Content-Length", "")
    if length and (not length.isdecimal() or len(length) > 15 or int(length) > book.bytes_max):
        return _said(413, f"A batch has at most {book.bytes_max:,} bytes.", "Send smaller ones.")
    body = request.read(book.bytes_max + 1)
    if len(body) > book.bytes_max:
        return _said(413, f"A batch has at most {book.bytes_max:,} bytes.", "Send smaller ones.")
    try:
        taken = take(body, now=now, most=book.batch_max, ahead_seconds=book.ahead_seconds)
    except BadBatch as error:
        return _said(400, str(error), "Nothing of it was kept.")
    store.keep("exposures", taken.exposures)
    store.keep("events", taken.events)
    _seen(sender, now)
    told = [asdict(one) for one in taken.refused[:MOST_TOLD]]
    kept = len(taken.exposures) + len(taken.events)
    return JsonResponse({"kept": kept, "refused": len(taken.refused), "why": told}, status=202)


def _sender(request: HttpRequest) -> Sender | None:
    given = request.headers.get("Authorization", "")
    token = given[7:].strip() if given[:7].lower() == "bearer " else request.headers.get("X-API-Key", "").strip()
    if not token or len(token) > 200:
        return None
    return Sender.objects.filter(token_hash=hash_of(token), revoked_at__isnull=True).first()


def _seen(sender: Sender, now: datetime) -> None:
    if sender.seen_at is None or now - sender.seen_at > SEEN_EVERY:
        Sender.objects.filter(pk=sender.pk).update(seen_at=now)


def _said(status: int, words: str, advice: str) -> HttpResponse:
    return JsonResponse({"says": words, "advice": advice}, status=status)


facts.open_to_all = True  # type: ignore[attr-defined]
