"""The ninja API with the house's manners: JSON by orjson, problem details, ETags, documented errors."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from awayteam.kernel.rest import etags, problems
from awayteam.kernel.rest.auth import SIGNED_IN
from awayteam.kernel.rest.json import JsonParser, JsonRenderer

READS = frozenset({"get"})


class Api(NinjaAPI):
    """Everybody must be signed in, except where an operation says `auth=None`."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("auth", SIGNED_IN)
        super().__init__(renderer=JsonRenderer(), parser=JsonParser(), **options)

    def set_default_exception_handlers(self) -> None:
        for kind, handler in problems.HANDLERS.items():
            self.add_exception_handler(kind, handler)

    def create_response(self, request: HttpRequest, data: Any, **options: Any) -> HttpResponse:
        response = super().create_response(request, data, **options)
        return etags.answer(request, response)

    def get_content_type(self) -> str:
        return "application/json"

    def get_openapi_operation_id(self, operation: Any) -> str:
        return str(operation.view_func.__name__)

    error_type = problems.CONTENT_TYPE

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        document_errors(schema, self.error_type)
        return schema


def document_errors(schema: dict[str, Any], media_type: str) -> None:
    """Give every operation the errors it may answer with, and its conditional headers."""
    components = schema["components"]
    definition = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    components["schemas"].update(definition.pop("$defs", {}))
    components["schemas"]["Problem"] = definition
    components["responses"] = {name: _problem_response(text, media_type) for name, text in RESPONSES.values()}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _document(operation, path, method)


RESPONSES = {
    400: ("BadRequest", "The request can't be read."),
    401: ("NotSignedIn", "Nobody is signed in, or the token is no good."),
    403: ("NotAllowed", "The actor may not do this; `detail` gives the rule's reason."),
    404: ("NotFound", "There is no such thing, or the actor may not see it."),
    409: ("Conflict", "The thing's state doesn't allow this."),
    412: ("Changed", "The thing isn't any more as `If-Match` says."),
    413: ("TooLarge", "The body is too large."),
    415: ("UnsupportedMediaType", "The body is of a kind that isn't read here."),
    422: ("InvalidInput", "Values that can't be used; `errors` names them."),
    429: ("TooManyRequests", "Wait as long as `Retry-After` says."),
    500: ("Accident", "A mistake of ours; it is in the server's log."),
    503: ("Unavailable", "Something that is needed doesn't answer now."),
}


def _problem_response(text: str, media_type: str) -> dict[str, Any]:
    content = {media_type: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": text, "content": content}


def _document(operation: dict[str, Any], path: str, method: str) -> None:
    statuses = {400, 404, 422, 429, 500, 503}
    if operation.get("security"):
        statuses |= {401, 403}
    if method not in READS:
        statuses |= {403, 409, 412, 413, 415}
    responses = operation["responses"]
    for status in sorted(statuses):
        responses.setdefault(status, {"$ref": f"#/components/responses/{RESPONSES[status][0]}"})
    if method in READS and 200 in responses:
        responses[200].setdefault("headers", {})["ETag"] = {"schema": {"type": "string"}}
        responses[304] = {"description": "The answer is still the one with the ETag in `If-None-Match`."}
        operation["parameters"].append(_header("If-None-Match", "ETag of the answer that the caller has"))
    elif "{" in path and method in {"patch", "put", "delete"}:
        operation["parameters"].append(_header("If-Match", "ETag of the thing as the caller last saw it"))


def _header(name: str, text: str) -> dict[str, Any]:
    return {"in": "header", "name": name, "required": False, "description": text, "schema": {"type": "string"}}
