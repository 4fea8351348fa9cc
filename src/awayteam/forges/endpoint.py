"""Where forges deliver: no session, no CSRF token, a bounded body; whoever it is is known by the signature alone."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from awayteam.forges.actions.receiving import receive
from awayteam.forges.port import NotGenuine
from awayteam.kernel import rulebook
from awayteam.kernel.errors import NotFound
from awayteam.kernel.log import Log

log = Log(__name__)
LARGEST_ID = 2**63 - 1


@csrf_exempt
@require_POST
def deliveries(request: HttpRequest, forge: int | str) -> HttpResponse:
    """202: kept, and read soon. 200: known already. 401: not genuine, nothing is kept. 413: too large, not read."""
    most = rulebook.current().forges.body_bytes_max
    if isinstance(forge, int) and forge > LARGEST_ID:
        return _said(404, "Nothing is heard here.")
    length = request.headers.get("Content-Length", "")
    if length and (not length.isdecimal() or len(length) > 15 or int(length) > most):
        return _said(413, f"A delivery has at most {most} bytes.")
    body = request.read(most + 1)
    if len(body) > most:
        return _said(413, f"A delivery has at most {most} bytes.")
    try:
        is_new = receive(forge, request.headers, body, timezone.now())
    except NotGenuine:
        log.warning("forges.not-genuine", forge=forge)
        return _said(401, "The signature is wrong or lacking.")
    except NotFound:
        return _said(404, "Nothing is heard here.")
    return _said(202, "Kept.") if is_new else _said(200, "Known already.")


def _said(status: int, words: str) -> HttpResponse:
    return JsonResponse({"says": words}, status=status)


deliveries.open_to_all = True  # type: ignore[attr-defined]
