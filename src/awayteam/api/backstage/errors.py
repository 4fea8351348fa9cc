"""Errors as Backstage's clients read them, which are problem details at the same time."""

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse

from awayteam.kernel.rest.problems import HANDLERS

NAMES = {
    400: "InputError",
    401: "AuthenticationError",
    403: "NotAllowedError",
    404: "NotFoundError",
    409: "ConflictError",
    503: "ServiceUnavailableError",
}


def backstage(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The same problem with `error`, `request` and `response` added; what can't be used is 400 there, never 422."""
    told: dict[str, Any] = orjson.loads(response.content)
    status = 400 if response.status_code == 422 else response.status_code
    told["status"] = status
    told["error"] = {"name": NAMES.get(status, "Error"), "message": f"{told['detail']} {told['advice']}".strip()}
    told["request"] = {"method": request.method, "url": request.path}
    told["response"] = {"statusCode": status}
    response.status_code = status
    response.content = orjson.dumps(told)
    response["Content-Type"] = "application/json"
    return response


def handlers() -> dict[type[Exception], Any]:
    """Every handler of problems, with its answer in that shape."""
    return {kind: _wrapped(handler) for kind, handler in HANDLERS.items()}


def _wrapped(handler: Any) -> Any:
    def answer(request: HttpRequest, error: Exception) -> HttpResponse:
        return backstage(request, handler(request, error))

    return answer
