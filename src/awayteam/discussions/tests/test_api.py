"""Discussions and notifications over HTTP: as people and programs use them, each under the same rules."""

import json
from typing import Any

import pytest
from django.test import Client

from awayteam.api.tests.organisation import SECRET, Organisation
from awayteam.discussions.models import Comment
from awayteam.notifications.models import CalendarFeed, Notification, TeamChannel


def send(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
    if body is None:
        return getattr(client, method)(f"/api/v1{path}", headers=headers)
    return getattr(client, method)(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=headers)


def test_a_discussion_by_rest(org: Organisation) -> None:
    bob, sam = org.client("bob"), org.client("sam")
    path = f"/discussions/entity/{org.entities['orders'].pk}"
    made = send(sam, "post", path, {"text": "Slow today, @bob?"})
    assert made.status_code == 201
    answer = send(bob, "post", path, {"text": "Yes", "reply_to": made.json()["id"]}).json()
    read = send(sam, "get", path).json()
    assert [(one["text"], one["reply_to"]) for one in read["comments"]] == [
        ("Slow today, @bob?", None),
        ("Yes", made.json()["id"]),
    ]
    assert (read["label"], read["level"], read["older"]) == ("component:default/orders", "all", None)
    own = f"/comments/{answer['id']}"
    tag = send(bob, "get", own)["ETag"]
    assert send(bob, "patch", own, {"text": "Mended"}, **{"If-Match": tag}).json()["version"] == 2
    assert send(bob, "patch", own, {"text": "Late"}, **{"If-Match": tag}).status_code == 412
    assert [one["text"] for one in send(bob, "get", f"{own}/versions").json()] == ["Yes"]
    assert send(sam, "get", f"{own}/versions").status_code == 403
    gone = send(bob, "delete", f"{own}?reason=wrong").json()
    assert (gone["text"], gone["deleted_by"]) == ("", "Bob (token test)")


def test_what_is_restricted_is_not_discussed_with_others(org: Organisation) -> None:
    path = f"/discussions/entity/{org.entities[SECRET].pk}"
    made = send(org.client("bob"), "post", path, {"text": "Hush @sam"}).json()
    sam = org.client("sam")
    for method, where, body in [
        ("get", path, None),
        ("post", path, {"text": "What?"}),
        ("get", f"/comments/{made['id']}", None),
        ("get", f"/comments/{made['id']}/versions", None),
        ("put", f"/notifications/following/entity/{org.entities[SECRET].pk}", {"level": "all"}),
    ]:
        assert send(sam, method, where, body).status_code == 404, where
    assert not Notification.objects.filter(person__name="sam").exists()


def test_an_answer_belongs_to_its_subject(org: Organisation) -> None:
    sam = org.client("sam")
    made = send(sam, "post", f"/discussions/entity/{org.entities['orders'].pk}", {"text": "Hi"}).json()
    other = f"/discussions/entity/{org.entities['finder'].pk}"
    assert send(sam, "post", other, {"text": "Hi", "reply_to": made["id"]}).status_code == 409
    assert send(sam, "post", other, {"text": "Hi", "reply_to": 10**9}).status_code == 404
    assert Comment.objects.count() == 1


def test_an_inbox_by_rest(org: Organisation) -> None:
    bob = org.client("bob")
    for number in range(3):
        path = f"/discussions/entity/{org.entities['orders'].pk}"
        send(org.client("sam"), "post", path, {"text": f"{number} @bob"})
    first = send(bob, "get", "/notifications?limit=2").json()
    assert [one["text"][-6:] for one in first["items"]] == ["2 @bob", "1 @bob"]
    second = send(bob, "get", f"/notifications?limit=2&cursor={first['next_cursor']}").json()
    assert [one["group"] for one in second["items"]] == ["mention"]
    newest = first["items"][0]["id"]
    assert send(bob, "post", "/notifications/read", {"all": True, "up_to": newest - 1}).json() == {"changed": 2}
    assert [one["id"] for one in send(bob, "get", "/notifications").json()["items"]] == [newest]
    assert send(bob, "post", "/notifications/read", {"ids": [newest], "read": True}).json() == {"changed": 1}
    assert send(bob, "post", "/notifications/read", {"ids": [newest], "read": False}).json() == {"changed": 1}
    assert send(org.client("ada"), "post", "/notifications/read", {"ids": [newest]}).json() == {"changed": 0}
    org.entities["orders"].restricted, org.entities["orders"].owner = True, None
    org.entities["orders"].save()
    hidden = send(bob, "get", "/notifications").json()["items"]
    assert [(one["text"], one["address"], one["subject_label"], one["hidden"]) for one in hidden] == [
        ("", "", "", True)
    ]


def test_wishes_by_rest(org: Organisation) -> None:
    bob = org.client("bob")
    path = "/notifications/preferences"
    before = send(bob, "get", path)
    assert before.json()["choices"]["email"]["turn"] == "at-once"
    change = {"choices": {"email": {"turn": "daily"}}, "quiet_start": "20:00", "quiet_end": "07:00", "quiet_days": [6]}
    changed = send(bob, "patch", path, change, **{"If-Match": before["ETag"]})
    assert changed.status_code == 200, changed.content
    assert changed.json()["choices"]["email"] == {
        "turn": "daily",
        "mention": "at-once",
        "moved": "daily",
        "subscription": "daily",
    }
    assert send(bob, "patch", path, {"quiet_days": []}, **{"If-Match": before["ETag"]}).status_code == 412
    for wrong in ({"choices": {"pigeon": {}}}, {"quiet_start": "7"}, {"slack_url": "http://localhost/"}, {"mood": 1}):
        assert send(bob, "patch", path, wrong).status_code == 422, wrong
    assert send(bob, "patch", path, {"webhook_url": "https://me.example/x"}).json()["channels"] == ["webhook"]
    secret = send(bob, "post", f"{path}/webhook-secret").json()["secret"]
    assert secret.startswith("whsec_")


@pytest.mark.parametrize("level", ["all", "turns", "muted"])
def test_following_by_rest(org: Organisation, level: str) -> None:
    eve = org.client("eve")
    path = f"/notifications/following/team/{org.teams['payments'].pk}"
    assert send(eve, "put", path, {"level": level}).json() == {"level": level}
    (row,) = send(eve, "get", "/notifications/following").json()["items"]
    assert (row["subject_kind"], row["level"]) == ("team", level)
    assert send(eve, "delete", path).json() == {"level": None}
    assert send(eve, "get", "/notifications/following").json()["items"] == []


def test_a_calendar_and_a_teams_chat_by_rest(org: Organisation) -> None:
    ada = org.client("ada")
    address = send(ada, "post", "/notifications/calendar", {"with_teams": True}).json()["address"]
    path = "/calendar/" + address.rpartition("/")[2]
    assert Client().get(path).status_code == 200
    assert send(ada, "delete", "/notifications/calendar").status_code == 204
    assert Client().get(path).status_code == 404
    assert CalendarFeed.objects.filter(revoked_at=None).count() == 0
    chat = "/notifications/teams/default/payments"
    assert send(ada, "put", chat, {"url": "https://chat.example/secret"}).json() == {"host": "chat.example"}
    assert send(org.client("bob"), "put", chat, {"url": ""}).status_code == 403
    assert send(ada, "put", chat, {"url": ""}).json() == {"host": ""}
    assert TeamChannel.objects.get().url == ""
