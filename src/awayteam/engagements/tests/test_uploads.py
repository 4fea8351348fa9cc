"""Result files over HTTP as parts of a form: several at once, bounded, and all or nothing."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http.multipartparser import MultiPartParser
from django.test import Client
from django.utils import timezone

from awayteam.accounts.actions import create_token
from awayteam.accounts.actors import actor_of_user
from awayteam.accounts.models import User
from awayteam.engagements.api import freezing
from awayteam.engagements.models import BaselineItem, Engagement
from awayteam.engagements.tests.village import Village, settle
from awayteam.kernel.models import Event, IdempotentWrite

pytestmark = pytest.mark.django_db
JUNIT = b"""<testsuite name="refunds"><testcase classname="refunds" name="test_one"><failure message="red"/></testcase>
<testcase classname="refunds" name="test_two"/></testsuite>"""
COBERTURA = b"""<?xml version="1.0" encoding="ISO-8859-1"?><coverage line-rate="0.5"><packages><package><classes>
<class filename="r\xfcck/lines.py" line-rate="0.25"/></classes></package></packages></coverage>"""
LATIN = "r\xfcck/lines.py"


@pytest.fixture
def village() -> Village:
    return settle()


def file(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def send(village: Village, row: Engagement, files: Any, who: str = "pia", code: int = 200, **more: Any) -> Any:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get_or_create(username=who, defaults={"person": village.person(who)})[0])
    data = {"files": files, **{key: value for key, value in more.items() if key == "version"}}
    answer = client.post(f"/api/v1/engagements/{row.pk}/baseline/uploads", data, headers=more.get("headers"))
    assert answer.status_code == code, answer.content
    return answer.json()


def test_several_files_are_taken_byte_for_byte(village: Village) -> None:
    row = village.open()
    taken = send(village, row, [file("junit.xml", JUNIT), file("coverage.xml", COBERTURA)], version=row.version)
    assert taken == {"counts": {"check": 1, "coverage": 2}, "problems": []}
    assert BaselineItem.objects.filter(path=LATIN).count() == 1
    assert {one.source for one in BaselineItem.objects.all()} == {
        "junit.xml (JUnit XML)",
        "coverage.xml (Cobertura XML)",
    }
    assert send(village, row, file("junit.xml", JUNIT))["counts"] == {"check": 1}
    assert BaselineItem.objects.count() == 3


def test_a_token_uploads(village: Village) -> None:
    row = village.open()
    user, now = User.objects.create(username="pia", person=village.person("pia")), timezone.now()
    made = create_token(actor=actor_of_user(user, now), now=now, name="ci", scopes=["write"], days=30, user=user)
    answer = Client().post(
        f"/api/v1/engagements/{row.pk}/baseline/uploads", {"files": file("junit.xml", JUNIT)},
        headers={"authorization": f"Bearer {made.secret}"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.content


BAD: dict[str, tuple[Any, str, int, str]] = {
    "no file": ([], "pia", 422, "files"),
    "one that is none of them": ([file("x.xml", b"<html/>")], "pia", 422, "x.xml"),
    "a good one and a broken one": ([file("a.xml", JUNIT), file("b.xml", b"<testsuite>")], "pia", 422, "b.xml"),
    "too many": ([file(f"{n}.xml", JUNIT) for n in range(51)], "pia", 422, "51 files"),
    "too large together": ([file("a.xml", b" " * 600), file("b.xml", b" " * 600)], "pia", 422, "1,200 bytes"),
    "an entity": ([file("x.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><testsuite/>')], "pia", 422, "x.xml"),
    "a path as its name": ([file("../../x.xml", b"?")], "pia", 422, "x.xml"),
    "a stranger": ([file("a.xml", JUNIT)], "ann", 403, "Only"),
}


@pytest.mark.parametrize("what", sorted(BAD))
def test_what_cannot_be_taken_is_said_and_nothing_is_written(
    what: str, village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, who, code, says = BAD[what]
    row = village.open()
    for one in files:
        one.seek(0)
    if what == "too large together":
        monkeypatch.setattr(freezing, "MAX_BYTES", 1_000)
    before = Event.objects.count()
    answer = send(village, row, files, who, code)
    assert says in answer["detail"] + str(answer.get("errors"))
    assert not BaselineItem.objects.exists()
    assert Event.objects.count() == before


def test_another_version_and_a_signed_contract_are_refused(village: Village) -> None:
    row = village.open()
    assert "has changed" in send(village, row, file("a.xml", JUNIT), code=409, version=row.version + 1)["detail"]
    signed = village.agreed(title="Another")
    assert "draft" in send(village, signed, file("a.xml", JUNIT), code=409)["detail"]
    assert send(village, row, file("a.xml", JUNIT), code=422, version="soon")["errors"][0]["field"] == "version"


def test_an_upload_may_be_larger_than_json_but_not_with_a_key(village: Village) -> None:
    row = village.open()
    large = JUNIT.replace(b"\n", b"\n" + b" " * 3_000_000)
    assert send(village, row, file("a.xml", large))["counts"] == {"check": 1}
    refused = send(village, row, file("a.xml", large), code=413, headers={"Idempotency-Key": "once"})
    assert "larger than" in refused["detail"]
    assert send(village, row, file("a.xml", JUNIT), headers={"Idempotency-Key": "small"})["counts"] == {"check": 1}


def form(boundary: str, content: bytes) -> dict[str, Any]:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="a.xml"\r\n\r\n'
    data = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return {"data": data, "content_type": f"multipart/form-data; boundary={boundary}"}


def test_a_form_that_is_sent_again_with_another_boundary_is_the_same(village: Village) -> None:
    row, client = village.open(), Client()
    client.force_login(User.objects.create(username="pia", person=village.person("pia")))
    address, key = f"/api/v1/engagements/{row.pk}/baseline/uploads", {"Idempotency-Key": "once"}
    first = client.post(address, headers=key, **form("----one", JUNIT))
    assert first.json()["counts"] == {"check": 1}
    before = Event.objects.count()
    again = client.post(address, headers=key, **form("another-one", JUNIT))
    assert (again.status_code, again.content) == (200, first.content)
    assert again["Idempotency-Replayed"] == "true"
    for other in (form("----one", COBERTURA), form("three", JUNIT + b"\n"), form("three", b"\r\n--x" + JUNIT)):
        assert client.post(address, headers=key, **other).status_code == 422
    assert (Event.objects.count(), IdempotentWrite.objects.count()) == (before, 1)


def test_what_nobody_may_see_is_not_there_whatever_was_sent(village: Village) -> None:
    row = village.open()
    Engagement.objects.filter(pk=row.pk).delete()
    assert "no engagement" in send(village, row, BAD["too many"][0], code=404)["detail"]


def test_a_body_that_is_too_large_is_refused_unread(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    parse = MultiPartParser.parse
    monkeypatch.setattr(MultiPartParser, "parse", lambda parser: read.append(parser) or parse(parser))
    monkeypatch.setattr(freezing, "MAX_BYTES", 1_000)
    row = village.open()
    refused = send(village, row, file("a.xml", b" " * 101_001), code=413)
    assert refused["detail"] == "The body is larger than 101,000 bytes."
    assert (read, BaselineItem.objects.count()) == ([], 0)
    assert send(village, row, file("a.xml", JUNIT))["counts"] == {"check": 1}
    assert len(read) == 1
