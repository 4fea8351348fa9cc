"""Errors as problem details (RFC 9457): one shape for everything that can go wrong, whoever noticed it."""

from http import HTTPStatus
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Schema
from ninja.errors import HttpError, Throttled, ValidationError
from pydantic import Field

from awayteam.kernel.errors import AwayteamError, NotSignedIn
from awayteam.kernel.log import Log

CONTENT_TYPE = "application/problem+json"
log = Log(__name__)


class FieldProblem(Schema):
    """What is wrong with one value of the request: `field` is its path, `message` says why it can't be used."""

    field: str
    message: str


class Problem(Schema):
    """Problem details. `detail` says what is wrong and where, `advice` what to do, `errors` names single values."""

    type: str = Field("about:blank", description="always about:blank: the status tells the kind of problem")
    title: str
    status: int
    detail: str
    advice: str = ""
    instance: str = Field("", description="path of the request")
    errors: list[FieldProblem] = []


def problem(
    request: HttpRequest,
    status: int,
    detail: str,
    *,
    title: str = "",
    advice: str = "",
    fields: dict[str, str] | None = None,
) -> HttpResponse:
    """The response for a problem; `title` is the status's own phrase unless given."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "advice": advice,
        "errors": [{"field": field, "message": message} for field, message in (fields or {}).items()],
    }
    response = HttpResponse(orjson.dumps(body, default=str), status=status, content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="Awayteam"'
    return response


def of_error(request: HttpRequest, error: AwayteamError) -> HttpResponse:
    return problem(request, error.status, error.what, title=error.title, advice=error.advice, fields=dict(error.fields))


def of_validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Pydantic's findings, each with the path of the value in the body or the query: `name`, `tags.0`, `limit`."""
    fields: dict[str, str] = {}
    for finding in error.errors:
        place, *inside = finding.get("loc", ("body",))
        path = ".".join(str(part) for part in (inside[1:20] if inside[:1] == ["body"] else inside[:20])) or str(place)
        fields.setdefault(_short(path, 200), _short(str(finding.get("msg", "can't be used")), 500))
    count = len(fields)
    detail = (
        next(f"{field}: {message}" for field, message in fields.items())
        if count == 1
        else f"{count} values can't be used."
    )
    return problem(request, 422, detail, title="Invalid input", fields=dict(list(fields.items())[:100]))


def of_http(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, AwayteamError):
        return of_error(request, error.__cause__)
    if isinstance(error, Throttled):
        return problem(request, 429, "Too many requests.", advice="Wait as long as Retry-After says.")
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        return of_error(request, NOT_SIGNED_IN)
    return problem(request, error.status_code, _short(str(error), 500))


def of_absence(request: HttpRequest, _error: Exception) -> HttpResponse:
    return problem(
        request, 404, "There is nothing at this address.", advice="See /api/v1/openapi.json for what there is."
    )


def of_refusal(request: HttpRequest, _error: Exception) -> HttpResponse:
    return problem(request, 403, "This isn't allowed.", title="Not allowed")


def of_size(request: HttpRequest, _error: Exception) -> HttpResponse:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return problem(request, 413, f"The body is larger than {limit} bytes.", advice="Send less at a time.")


def of_suspicion(request: HttpRequest, _error: Exception) -> HttpResponse:
    return problem(request, 400, "The request can't be read.")


def of_accident(request: HttpRequest, error: Exception) -> HttpResponse:
    """Our own mistake: logged with its traceback, told to the caller without details."""
    log.error("api.accident", path=request.path, method=request.method, exc_info=error)
    return problem(request, 500, "Something went wrong here; it is in the server's log.", advice="Try again later.")


NOT_SIGNED_IN = NotSignedIn(
    "Nobody is signed in.", "Send an API token as 'Authorization: Bearer awat_...', or sign in in the browser."
)

HANDLERS: dict[type[Exception], Any] = {
    Exception: of_accident,
    Http404: of_absence,
    PermissionDenied: of_refusal,
    SuspiciousOperation: of_suspicion,
    RequestDataTooBig: of_size,
    HttpError: of_http,
    ValidationError: of_validation,
    AwayteamError: of_error,
}


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
