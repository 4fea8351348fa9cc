from datetime import UTC, datetime, timedelta

import orjson
import pytest
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from awayteam.accounts import rules
from awayteam.accounts.models import ApiToken, User
from awayteam.kernel.models import Webhook
from awayteam.kernel.rest.json import BadJson, check, load
from awayteam.kernel.rest.limits import KEPT, Limiter

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
PROBLEM = "application/problem+json"

pytestmark = [pytest.mark.django_db, pytest.mark.urls("awayteam.kernel.tests.rest.urls")]


def bearer(scopes: list[str]) -> Client:
    user = User.objects.create_user(f"ada-{'-'.join(scopes)}")
    now = timezone.now()
    ApiToken.objects.create(
        user=user, name="t", prefix="p", scopes=scopes, created_at=now, expires_at=now + timedelta(days=1),
        digest=rules.digest("awat_" + user.username),
    )  # fmt: skip
    return Client(headers={"Authorization": f"Bearer awat_{user.username}"}, raise_request_exception=False)


@pytest.fixture
def api() -> Client:
    return bearer(["read", "write"])


def post(client: Client, body: bytes | str, content_type: str = "application/json"):
    return client.post("/api/test/things", body, content_type=content_type)


def test_a_problem_says_what_is_wrong_and_what_to_do(api: Client) -> None:
    response = api.get("/api/test/fail/conflict")
    assert (response.status_code, response["Content-Type"], response["Cache-Control"]) == (409, PROBLEM, "no-store")
    assert response.json() == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "It is gone.",
        "advice": "Look again.",
        "instance": "/api/test/fail/conflict",
        "errors": [{"field": "name", "message": "gone"}],
    }


def test_a_mistake_of_ours_tells_no_details(api: Client, capsys: pytest.CaptureFixture[str]) -> None:
    response = api.get("/api/test/fail/badly")
    assert (response.status_code, response["Content-Type"]) == (500, PROBLEM)
    assert b"secret" not in response.content


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/test/nothing", 404),
        ("get", "/api/test/fail/absent", 404),
        ("delete", "/api/test/things", 405),
        ("get", "/api/test/things/99999999999999999999999999", 422),
        ("get", "/api/test/things/0", 422),
        ("get", "/api/test/things?limit=0", 422),
        ("get", "/api/test/things?limit=99999999999999999999999", 422),
        ("get", "/api/test/things?cursor=%00", 422),
        ("get", "/api/test/things?word=a%00b", 422),
        ("get", "/api/test/things?word%00=a", 422),
        ("get", "/api/test/thi%00ngs", 404),
    ],
)
def test_every_error_is_a_problem(api: Client, method: str, path: str, status: int) -> None:
    response = getattr(api, method)(path)
    assert (response.status_code, response["Content-Type"]) == (status, PROBLEM)
    assert response.json()["status"] == status


def test_405_names_the_methods_that_there_are(api: Client) -> None:
    assert set(api.put("/api/test/things")["Allow"].split(", ")) == {"GET", "POST"}


DEEP = b'{"name": "n", "more": {"a": ' + b"[" * 5_000 + b"]" * 5_000 + b"}}"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff", 400),
        (b'{"name": NaN}', 400),
        (b'{"name": "a\\u0000b"}', 400),
        (b'{"name": "n", "more": {"\\u0000": 1}}', 400),
        (b'{"name": "\\ud800"}', 400),
        (DEEP, 400),
        (DEEP.replace(b"[" * 5_000, b"[" * 100).replace(b"]" * 5_000, b"]" * 100), 400),
        (b'{"name": "n", "size": 1' + b"0" * 400 + b"}", 400),
        (b'{"name": "n", "size": 9223372036854775808}', 422),
        (b'{"name": ""}', 422),
        (b'{"name": 7}', 422),
        (b"[]", 422),
        (b"null", 422),
        (b"", 422),
    ],
)
def test_hostile_bodies_are_refused(api: Client, body: bytes, status: int) -> None:
    response = post(api, body)
    assert (response.status_code, response["Content-Type"]) == (status, PROBLEM), response.content


@pytest.mark.parametrize(
    "content_type", ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)
def test_other_media_types_are_refused(api: Client, content_type: str) -> None:
    response = post(api, b'{"name": "n"}', content_type)
    assert (response.status_code, response["Content-Type"]) == (415, PROBLEM)


def test_a_body_that_is_too_large_is_a_problem(api: Client) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10):
        response = post(api, b'{"name": "abcdefghijk"}')
    assert (response.status_code, response["Content-Type"]) == (413, PROBLEM)


def test_what_cannot_be_used_is_named(api: Client) -> None:
    response = post(api, b'{"name": "", "size": 0}')
    assert [error["field"] for error in response.json()["errors"]] == ["name", "size"]


@given(
    st.recursive(st.none() | st.booleans() | st.text(st.characters(exclude_categories=["Cs"])), st.lists, max_leaves=40)
)
def test_json_that_holds_no_nul_passes_unless_deep(value: object) -> None:
    text = orjson.dumps(value)
    if b"\\u0000" in text:
        with pytest.raises(BadJson):
            load(text)
    else:
        assert load(text) == value


def test_depth_is_bounded_without_recursion() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(BadJson, match="deeper than 60"):
        check(value)


def test_nobody_comes_in_without_signing_in() -> None:
    for headers, message in [
        ({}, "Nobody is signed in."),
        ({"Authorization": "Bearer awat_wrong"}, "This token is not known here."),
        ({"Authorization": "Bearer ünknown"}, "This token is not known here."),
        ({"Authorization": "Basic YTpi"}, "This token is not known here."),
    ]:
        response = Client(headers=headers).get("/api/test/things")
        assert (response.status_code, response["Content-Type"]) == (401, PROBLEM)
        assert response["WWW-Authenticate"].startswith("Bearer")
        assert response.json()["detail"] == message
    assert Client().get("/api/test/open").status_code == 200


def test_a_token_that_reads_cannot_write() -> None:
    client = bearer(["read"])
    assert client.get("/api/test/things").status_code == 200
    response = post(client, b'{"name": "n"}')
    assert (response.status_code, response.json()["detail"]) == (403, "This token may read only.")


def test_a_session_reads_and_writes_with_the_csrf_token_only() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_user("ada"))
    assert client.get("/api/test/things").json()["items"][0]["name"] == "ada"
    assert post(client, b'{"name": "n"}').status_code == 403
    client.cookies["csrftoken"] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32}
    response = client.post("/api/test/things", b'{"name": "n"}', content_type="application/json", headers=headers)
    assert response.status_code == 201


def test_a_known_answer_is_not_sent_again(api: Client) -> None:
    first = api.get("/api/test/things")
    assert first["Cache-Control"] == "private, no-cache"
    again = api.get("/api/test/things", headers={"If-None-Match": f'"other", W/{first["ETag"]}'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    other = api.get("/api/test/things?word=b", headers={"If-None-Match": first["ETag"]})
    assert other.status_code == 200


def test_a_change_is_refused_where_somebody_was_faster(api: Client) -> None:
    row = Webhook.objects.create(name="one", url="https://example.org", secret="s", created_at=NOW)
    path, body = f"/api/test/things/{row.pk}", b'{"name": "two"}'
    seen = api.get(path)["ETag"]
    Webhook.objects.update(name="changed")
    refused = api.patch(path, body, content_type="application/json", headers={"If-Match": seen})
    assert (refused.status_code, Webhook.objects.get().name) == (412, "changed")
    for header in (api.get(path)["ETag"], "*"):
        good = api.patch(path, body, content_type="application/json", headers={"If-Match": header})
        assert (good.status_code, Webhook.objects.get().name) == (200, "two")


def test_head_answers_like_get_without_the_body(api: Client) -> None:
    whole, head = api.get("/api/test/things"), api.head("/api/test/things")
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", whole["ETag"])
    assert head["Content-Length"] == str(len(whole.content))


def test_the_schema_documents_the_errors(api: Client) -> None:
    schema = api.get("/api/test/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    things = schema["paths"]["/api/test/things"]
    assert set(things["get"]["responses"]) == {"200", "304", "400", "401", "403", "404", "422", "429", "500", "503"}
    assert {"404", "409", "412", "413", "415"} < set(things["post"]["responses"])
    assert "401" not in schema["paths"]["/api/test/open"]["get"]["responses"]
    assert schema["components"]["schemas"]["Problem"]["required"] == ["title", "status", "detail"]


def test_a_bucket_refills_with_time() -> None:
    limiter = Limiter()
    assert [limiter.wait("ada", 60, 0.0) for _ in range(60)] == [0.0] * 60
    assert limiter.wait("ada", 60, 0.0) == 1.0
    assert limiter.wait("bob", 60, 0.0) == 0.0
    assert limiter.wait("ada", 60, 1.0) == 0.0
    for number in range(KEPT):
        limiter.wait(str(number), 60, 2.0)
    assert len(limiter._buckets) == KEPT


def test_too_many_requests_are_told_when_to_return(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awayteam.kernel.rest.middleware.LIMITER.wait", lambda *_: 1.2)
    response = api.get("/api/test/things")
    assert (response.status_code, response["Content-Type"], response["Retry-After"]) == (429, PROBLEM, "2")
