"""Discussing and being told, by forms alone: what a person does on these pages, and what they are refused."""

import re

import pytest
from django.core.signing import dumps
from django.test import Client

from awayteam.discussions.models import Comment
from awayteam.kernel.models import Event
from awayteam.notifications.models import CalendarFeed, Notification, Preference, Subscription, TeamChannel
from awayteam.web.tests.shop import Shop
from awayteam.web.tests.talk import answer, discussion, mail_foot
from awayteam.web.tests.test_pages import problems


def unread(name: str) -> int:
    return Notification.objects.filter(person__name=name, read_at=None).count()


def test_one_previews_a_comment_and_then_says_it(shop: Shop, sam: Client) -> None:
    count = Comment.objects.count()
    shown = sam.post(f"{discussion()}comment/", {"text": "# Hi @ada <b>", "preview": "yes"})
    html = shown.content.decode()
    assert (shown.status_code, problems(html)) == (200, [])
    assert '<h3>Hi <a class="md-person" href="/people/default/ada/"' in html
    assert "# Hi @ada &lt;b&gt;</textarea>" in html
    assert Comment.objects.count() == count
    before = unread("ada")
    said = sam.post(f"{discussion()}comment/", {"text": "Hi @ada", "next": discussion()})
    made = Comment.objects.latest("pk")
    assert (said.status_code, said["Location"]) == (303, f"{discussion()}#comment-{made.pk}")
    assert unread("ada") == before + 1
    fragment = sam.post("/discussions/preview/", {"text": "**x**"})
    assert fragment.content.decode().strip() == '<div class="markdown" dir="auto"><p><strong>x</strong></p>\n</div>'
    assert sam.post("/discussions/preview/", {"text": " "}).content.decode().strip() == ""


def test_a_comment_goes_to_the_page_of_its_subject(shop: Shop, sam: Client) -> None:
    said = sam.post(f"{discussion()}comment/", {"text": "Hi", "next": "https://evil.example/"})
    assert said["Location"].startswith("/catalog/default/component/basket/#comment-")


@pytest.mark.parametrize(
    ("text", "words"), [("", "required"), (" \n", "write something"), ("x" * 20_001, "at most 20,000")]
)
def test_a_comment_that_cant_be_kept_says_why(shop: Shop, sam: Client, text: str, words: str) -> None:
    refused = sam.post(f"{discussion()}comment/", {"text": text})
    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert problems(refused.content.decode()) == []


def test_one_changes_and_deletes_what_is_ones_own(shop: Shop, ada: Client, sam: Client) -> None:
    mine = answer()
    assert sam.post(f"/comments/{mine.pk}/edit/", {"text": "His", "number": mine.number}).status_code == 403
    assert sam.post(f"/comments/{mine.pk}/delete/").status_code == 403
    stale = ada.post(f"/comments/{mine.pk}/edit/", {"text": "New", "number": "1"})
    assert (stale.status_code, "changed meanwhile" in stale.content.decode()) == (422, True)
    draft = ada.post(f"/comments/{mine.pk}/edit/", {"text": "*New*", "number": "2", "preview": "yes"})
    assert (draft.status_code, "<em>New</em>" in draft.content.decode()) == (200, True)
    assert ada.post(f"/comments/{mine.pk}/edit/", {"text": "New", "number": "2"}).status_code == 303
    assert ada.post(f"/comments/{mine.pk}/delete/", {"reason": "wrong"}).status_code == 303
    assert "Deleted by ada" in sam.get(discussion()).content.decode()
    assert sam.get(f"/comments/{mine.pk}/").status_code == 403


def test_one_follows_and_mutes(shop: Shop, sam: Client) -> None:
    for level, words in [("muted", "Muted"), ("all", "Following"), ("", "Follow</span>")]:
        assert sam.post(f"{discussion()}follow/", {"level": level}).status_code == 303
        assert words in sam.get(discussion()).content.decode()
    assert not Subscription.objects.filter(person__name="sam", subject_kind="entity").exists()
    assert sam.post(f"{discussion()}follow/", {"level": "loud"}).status_code == 422


def test_what_is_restricted_has_no_discussion(shop: Shop, ada: Client, sam: Client) -> None:
    vault = shop.entity("component:default/vault").pk
    assert ada.post(f"/discussions/entity/{vault}/comment/", {"text": "@sam look"}).status_code == 303
    comment = Comment.objects.latest("pk")
    counts = (Comment.objects.count(), Event.objects.count(), unread("sam"))
    for address in (f"/discussions/entity/{vault}/", f"/comments/{comment.pk}/", f"/comments/{comment.pk}/edit/"):
        assert sam.get(address).status_code == 404
    for address in (
        f"/discussions/entity/{vault}/comment/",
        f"/discussions/entity/{vault}/follow/",
        f"/comments/{comment.pk}/delete/",
        f"/notifications/following/entity/{vault}/",
    ):
        assert sam.post(address, {"text": "Hi @ada", "level": "all"}).status_code == 404
    assert (Comment.objects.count(), Event.objects.count(), unread("sam")) == counts


def mention_of_ada() -> Notification:
    return Notification.objects.get(person__name="ada", group="mention", text__contains="empty baskets")


def test_the_bell_counts_and_the_inbox_is_read(shop: Shop, ada: Client) -> None:
    row, count = (
        Notification.objects.get(person__name="ada", group="mention", text__contains="empty baskets"),
        unread("ada"),
    )
    assert f'aria-label="Notifications: {count} unread"' in ada.get("/").content.decode()
    assert "sam commented on Basket: @ada, does it keep empty baskets?" in ada.get("/notifications/").content.decode()
    assert ada.get(f"/notifications/{row.pk}/")["Location"] == row.address
    assert unread("ada") == count - 1
    ada.post("/notifications/read/", {"id": row.pk, "unread": "yes"})
    assert unread("ada") == count
    newest = Notification.objects.filter(person__name="ada").latest("pk").pk
    ada.post("/notifications/read/", {"all": "yes", "newest": newest - 1})
    assert unread("ada") == 1
    ada.post("/notifications/read/", {"all": "yes", "newest": newest})
    assert 'aria-label="Notifications: nothing unread"' in ada.get("/").content.decode()


def test_nobody_reads_anothers(shop: Shop, ada: Client, sam: Client) -> None:
    row = mention_of_ada()
    assert sam.get(f"/notifications/{row.pk}/").status_code == 404
    before = unread("ada")
    sam.post("/notifications/read/", {"id": row.pk})
    assert unread("ada") == before
    assert row.text not in sam.get("/notifications/?state=all").content.decode()


def test_what_one_may_not_see_any_more_is_told_no_more(shop: Shop, sam: Client) -> None:
    basket = shop.entity("component:default/basket")
    row = Notification.objects.filter(person__name="sam", subject_kind="entity", subject_id=basket.pk).latest("pk")
    assert row.text[:30] in sam.get("/notifications/").content.decode()
    basket.restricted = True
    basket.save()
    html = sam.get("/notifications/").content.decode()
    assert row.text[:30] not in html
    assert "Something that you may not see any more." in html
    assert sam.get(f"/notifications/{row.pk}/").status_code == 404


WISHES = {
    "digest_weekday": "4",
    "quiet_start": "20:00",
    "quiet_end": "07:00",
    "quiet_days": ["5", "6"],
    "digest_time": "09:15",
}


def test_one_says_how_one_is_told(shop: Shop, ada: Client) -> None:
    given = {**WISHES, "slack_url": "https://chat.example/hook/secret", "email-turn": "daily", "slack-moved": "weekly"}
    assert ada.post("/notifications/preferences/", given).status_code == 303
    kept = Preference.objects.get()
    assert (kept.quiet_start, kept.quiet_end, kept.quiet_days, kept.digest_time) == ("20:00", "07:00", [5, 6], "09:15")
    assert kept.choices == {"email": {"turn": "daily"}, "slack": {"moved": "weekly"}}
    html = ada.get("/notifications/preferences/").content.decode()
    assert "hook/secret" not in html
    assert "Send me one by chat" in html
    event = Event.objects.get(name="preferences.updated")
    assert event.data["changes"]["slack_url"] == ["", "replaced"]
    assert "secret" not in str(event.data)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"slack_url": "http://127.0.0.1:8000/x"}, "is not public"),
        ({"slack_url": "https://u:p@chat.example/x"}, "no user name or password"),
        ({"webhook_url": "file:///etc/passwd"}, "write https://host/path"),
        ({"webhook_url": "http://[::ffff:169.254.169.254]/"}, "is not public"),
        ({"quiet_end": ""}, "need a start and an end"),
        ({"quiet_days": list("0123456")}, "choose never instead"),
        ({"quiet_start": "25:00"}, "Enter a valid time"),
        ({"email-turn": "hourly"}, "Select a valid choice"),
    ],
)
def test_wishes_that_cant_be_kept_say_why(shop: Shop, ada: Client, change: dict[str, object], words: str) -> None:
    refused = ada.post("/notifications/preferences/", {**WISHES, **change})
    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert problems(refused.content.decode()) == []
    assert not Preference.objects.exclude(quiet_start="").exists()


def test_a_webhooks_secret_is_shown_once(shop: Shop, ada: Client) -> None:
    assert ada.post("/notifications/preferences/secret/").status_code == 422
    ada.post("/notifications/preferences/", {**WISHES, "webhook_url": "https://me.example/hook"})
    shown = ada.post("/notifications/preferences/secret/").content.decode()
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", shown)
    assert secret is not None
    assert problems(shown) == []
    assert secret[0] not in ada.get("/notifications/preferences/").content.decode()
    assert secret[0] not in Preference.objects.get().webhook_secret


def test_only_leads_give_a_team_a_chat(shop: Shop, ada: Client, sam: Client) -> None:
    address = "/notifications/teams/default/orders/"
    assert sam.get(address).status_code == 403
    assert sam.post(address, {"url": "https://chat.example/x"}).status_code == 403
    assert not TeamChannel.objects.exists()
    assert ada.post(address, {"url": "http://localhost/x"}).status_code == 422
    assert ada.post(address, {"url": "https://chat.example/secret-hook"}).status_code == 303
    assert "chat.example" in ada.get(address).content.decode()
    assert "secret-hook" not in ada.get(address).content.decode()
    assert "secret-hook" not in TeamChannel.objects.get().url
    assert ada.post(address, {"url": ""}).status_code == 303
    assert not TeamChannel.objects.filter(active=True).exists()


def test_a_calendar_has_a_secret_address_that_ends(shop: Shop, ada: Client) -> None:
    shown = ada.post("/notifications/calendar/", {"with_teams": "yes"}).content.decode()
    found = re.search(r"http://testserver(/calendar/[\w-]+\.ics)", shown)
    assert found is not None
    stranger = Client()
    first = stranger.get(found[1])
    assert (first.status_code, first["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert b"BEGIN:VEVENT" in first.content
    assert stranger.get(found[1], headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert CalendarFeed.objects.get().digest not in found[1]
    assert found[1].split("/")[2][:-4] not in str(list(CalendarFeed.objects.values()))
    ada.post("/notifications/calendar/")
    assert stranger.get(found[1]).status_code == 404
    ada.post("/notifications/calendar/revoke/")
    assert not CalendarFeed.objects.filter(revoked_at=None).exists()


def test_one_click_ends_mail_of_a_kind(shop: Shop) -> None:
    stranger = Client(enforce_csrf_checks=True)
    asked = stranger.get(mail_foot())
    assert asked.status_code == 200
    assert not Preference.objects.exists()
    ended = stranger.post(mail_foot(), {"List-Unsubscribe": "One-Click"})
    assert ended.status_code == 200
    assert problems(ended.content.decode()) == []
    assert Preference.objects.get().choices == {"email": {"mention": "never"}}
    for token in (
        "x",
        dumps({"person": 1, "groups": []}),
        dumps({"person": 10**9, "groups": []}, salt="awayteam.unsubscribe"),
    ):
        assert stranger.post(f"/notifications/unsubscribe/{token}/").status_code == 404


def test_a_channel_without_address_cannot_be_tried(shop: Shop, ada: Client) -> None:
    for channel in ("email", "slack", "pigeon"):
        assert ada.post("/notifications/preferences/try/", {"channel": channel}).status_code == 422
