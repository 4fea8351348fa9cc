"""Changing by /api/v1: what each address does, and that what is denied changes nothing."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from awayteam.accounts.actors import actor_of_person
from awayteam.api.tests.organisation import NOW, SECRET, Organisation
from awayteam.catalog.models import Edit, Entity, Ownership
from awayteam.discussions import actions as discussions
from awayteam.discussions.models import Comment
from awayteam.flags import actions as flags
from awayteam.flags.rules import Deed, Reach
from awayteam.forges.models import ForgeChange, ForgeDelivery
from awayteam.forges.tests import shop as forges
from awayteam.imports import actions as imports
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import Subject
from awayteam.kernel.models import Event, OutboxMessage, Webhook
from awayteam.lists.models import SavedView
from awayteam.organisation.models import Identity, Membership, Team
from awayteam.requests import actions as requests
from awayteam.requests.actions import Aim
from awayteam.requests.models import Request
from awayteam.roadmaps import actions as roadmaps
from awayteam.usage.actions import matching
from awayteam.usage.models import MatchRule, Name

ORDERS = "/api/v1/entities/component/default/orders"
LEGACY = "/api/v1/entities/component/default/legacy"
WHY = {"reason": "because"}
FLAG = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}
SOON = timezone.now() + timedelta(days=2)


class Parts(dict[str, bytes]):
    """Files by name, sent as parts of a form."""


def send(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
    if body is None:
        return getattr(client, method)(path, headers=headers)
    if isinstance(body, Parts):
        files = [SimpleUploadedFile(name, content) for name, content in body.items()]
        return getattr(client, method)(path, {"files": files}, headers=headers)
    return getattr(client, method)(path, json.dumps(body), content_type="application/json", headers=headers)


def test_a_fact_is_edited_and_the_edit_withdrawn(org: Organisation) -> None:
    bob = org.client("bob")
    edited = send(bob, "patch", ORDERS, {"title": "Orders", "tags": ["x"], **WHY})
    assert edited.status_code == 200, edited.content
    assert (edited.json()["title"], edited.json()["tags"]) == ("Orders", ["x"])
    assert {edit["field"]: edit["declared"] for edit in edited.json()["edits"]} == {
        "title": "Order Service",
        "tags": ["java", "tier-1"],
    }
    back = send(bob, "delete", f"{ORDERS}/edits/title?reason=wrong")
    assert (back.status_code, back.json()["title"]) == (200, "Order Service")
    assert send(bob, "delete", f"{ORDERS}/edits/title?reason=wrong").status_code == 404
    names = list(Event.objects.filter(subject_id=org.entities["orders"].pk).values_list("name", flat=True))
    assert sorted(names) == ["entity.created", "entity.edit-withdrawn", "entity.edited", "entity.edited"]


def test_of_several_facts_all_are_set_or_none(org: Organisation) -> None:
    bob = org.client("bob")
    refused = send(bob, "patch", ORDERS, {"description": "new", "tags": ["NO TAG"], **WHY})
    assert refused.status_code == 422
    assert Entity.objects.get(name="orders").description == "Takes orders"
    assert not Edit.objects.exists()
    for body in (WHY, {"title": "x"}, {"title": "x", "reason": "  "}, {"title": None, **WHY}):
        assert send(bob, "patch", ORDERS, body).status_code == 422, body


def test_an_edit_is_refused_where_somebody_was_faster(org: Organisation) -> None:
    bob = org.client("bob")
    seen = bob.get(ORDERS)["ETag"]
    first = send(bob, "patch", ORDERS, {"title": "One", **WHY}, **{"If-Match": seen})
    assert first.status_code == 200
    second = send(bob, "patch", ORDERS, {"title": "Two", **WHY}, **{"If-Match": seen})
    assert (second.status_code, Entity.objects.get(name="orders").title) == (412, "One")


def test_ownership_is_handed_over_with_a_date(org: Organisation) -> None:
    body = {"owner": "search", "since": "2026-01-10", **WHY}
    assert send(org.client("ada"), "post", f"{ORDERS}/ownership", body).json()["owner"]["ref"] == "group:default/search"
    held = Ownership.objects.filter(entity=org.entities["orders"]).order_by("pk")
    assert [(row.owner.name, row.ends is None) for row in held] == [("payments", False), ("search", True)]
    assert send(org.client("ada"), "post", f"{ORDERS}/ownership", {"owner": None, **WHY}).status_code == 403


def test_what_nobody_owns_may_be_taken_on(org: Organisation) -> None:
    found = send(org.client("eve"), "post", f"{LEGACY}/ownership", {"owner": "user:default/eve", **WHY})
    assert found.json()["owner"]["ref"] == "user:default/eve"


def test_by_hand_one_declares_renames_and_retires(org: Organisation) -> None:
    eve = org.client("eve")
    made = send(eve, "post", "/api/v1/entities", {"kind": "Component", "name": "tool", "owner": "user:eve", **WHY})
    assert made.status_code == 201, made.content
    path = "/api/v1/entities/component/default/tool"
    renamed = send(eve, "post", f"{path}/rename", {"name": "device", **WHY})
    assert renamed.json()["ref"] == "component:default/device"
    assert eve.get(path).json()["ref"] == "component:default/device"
    alias = send(eve, "post", f"{path}/aliases", {"ref": "component:default/gadget", **WHY})
    assert (alias.status_code, alias.json()["entity"]) == (201, "component:default/device")
    assert send(eve, "delete", f"{path}?reason=gone").json()["presence"] == "orphan"
    again = send(eve, "post", "/api/v1/entities", {"kind": "Component", "name": "orders", **WHY})
    assert again.status_code == 409
    assert send(org.client("ada"), "delete", f"{ORDERS}?reason=gone").status_code == 409


def test_memberships_start_and_end_with_dates(org: Organisation) -> None:
    ada, path = org.client("ada"), "/api/v1/teams/default/payments/memberships"
    made = send(ada, "post", path, {"person": "eve", "starts": "2025-06-01", **WHY})
    assert made.status_code == 201, made.content
    assert {row["person"]["name"] for row in ada.get(path).json()["items"]} == {"ada", "bob", "eve"}
    assert send(ada, "post", path, {"person": "eve", **WHY}).status_code == 409
    ended = send(org.client("eve"), "post", f"/api/v1/memberships/{made.json()['id']}/end", WHY)
    assert ended.status_code == 200
    assert [row["person"]["name"] for row in ada.get(f"{path}?ended=true").json()["items"]] == ["eve"]
    future = send(ada, "post", path, {"person": "eve", "starts": "2999-01-01", **WHY})
    assert (future.status_code, future.json()["errors"][0]["field"]) == (422, "starts")


def test_teams_and_people_tell_of_themselves(org: Organisation) -> None:
    team = "/api/v1/teams/default/payments"
    facts = {"mission": "Money", "contacts": {"chat": "#pay"}, "time_zone": "Europe/Berlin", **WHY}
    changed = send(org.client("bob"), "patch", team, facts).json()
    assert (changed["mission"], changed["contacts"], changed["time_zone"]) == (
        "Money",
        {"chat": "#pay"},
        "Europe/Berlin",
    )
    assert {row["field"] for row in org.client("bob").get(f"{team}/edits").json()} == {
        "mission",
        "contacts",
        "time_zone",
    }
    assert send(org.client("bob"), "delete", f"{team}/edits/mission?reason=no").json()["mission"] == ""
    assert send(org.client("bob"), "patch", team, {"time_zone": "Mars/Base", **WHY}).status_code == 422
    person = "/api/v1/people/default/ada"
    found = send(
        org.client("ada"), "patch", person, {"display_name": "A. L.", "primary_team": "payments", **WHY}
    ).json()
    assert (found["display_name"], found["primary_team"]["name"]) == ("A. L.", "payments")
    back = send(org.client("ada"), "delete", f"{person}/edits/display_name?reason=no").json()
    assert back["display_name"] == "Ada"


def test_identities_are_added_corrected_and_removed(org: Organisation) -> None:
    body = {"provider": "gitlab", "value": "ada.l", **WHY}
    made = send(org.client("ada"), "post", "/api/v1/people/default/ada/identities", body)
    assert (made.status_code, made.json()["confidence"]) == (201, "declared")
    path = f"/api/v1/identities/{made.json()['id']}"
    assert (
        send(org.client("zoe"), "post", f"{path}/correct", {"person": "bob", **WHY}).json()["confidence"] == "confirmed"
    )
    assert Identity.objects.get(pk=made.json()["id"]).person.name == "bob"
    assert send(org.client("bob"), "delete", f"{path}?reason=no").status_code == 204
    assert not Identity.objects.filter(provider="gitlab").exists()


def test_sources_are_made_changed_refreshed_and_removed(org: Organisation, tmp_path: Any) -> None:
    zoe = org.client("zoe")
    made = send(zoe, "post", "/api/v1/sources", {"location": str(tmp_path), "name": "more", "globs": ["*.yaml"]})
    assert (made.status_code, made.json()["health"]) == (201, "never imported")
    assert made.json()["refresh_requested_at"] is not None
    path = f"/api/v1/sources/{made.json()['id']}"
    changed = send(zoe, "patch", path, {"name": "others", "watched": True}).json()
    assert (changed["name"], changed["watched"], changed["globs"]) == ("others", True, ["*.yaml"])
    assert send(zoe, "patch", path, {"name": "main"}).status_code == 409
    assert send(zoe, "post", f"{path}/refresh").status_code == 202
    assert len(send(zoe, "post", f"{path}/push-secret").json()["secret"]) > 30
    assert zoe.get(f"{path}/files").json()["items"] == []
    assert send(zoe, "delete", path).status_code == 204
    assert zoe.get(path).status_code == 404


def test_findings_of_a_source_leave_out_what_is_restricted(org: Organisation) -> None:
    path = f"/api/v1/sources/{org.source.pk}/findings"
    assert [row["line"] for row in org.client("ada").get(path).json()["items"]] == [7, 9]
    assert [row["line"] for row in org.client("sam").get(path).json()["items"]] == [7]


def test_webhooks_are_made_changed_rotated_and_removed(org: Organisation) -> None:
    zoe = org.client("zoe")
    body = {"name": "chat", "url": "https://chat.example.org/x", "events": ["entity"]}
    made = send(zoe, "post", "/api/v1/webhooks", body)
    assert (made.status_code, made.json()["secret"][:6]) == (201, "whsec_")
    path = f"/api/v1/webhooks/{made.json()['id']}"
    assert "secret" not in zoe.get(path).json()
    assert send(zoe, "patch", path, {"active": False}).json()["active"] is False
    assert send(zoe, "post", f"{path}/rotate", {}).json()["secret"] != made.json()["secret"]
    assert send(zoe, "post", "/api/v1/webhooks", {"name": "x", "url": "http://localhost/"}).status_code == 422
    assert send(zoe, "delete", path).status_code == 204
    assert [row["name"] for row in zoe.get("/api/v1/webhooks").json()] == []


def test_a_dead_message_is_retried(org: Organisation) -> None:
    message = OutboxMessage.objects.create(
        idempotency_key="k", channel="webhook", payload={}, state="dead", attempts=3, next_at=NOW, created_at=NOW
    )
    zoe, path = org.client("zoe"), f"/api/v1/outbox/{message.pk}/retry"
    assert [row["id"] for row in zoe.get("/api/v1/outbox").json()["items"]] == [message.pk]
    assert (send(zoe, "post", path, {}).json()["state"], send(zoe, "post", path, {}).status_code) == ("waiting", 409)
    assert zoe.get("/api/v1/outbox").json()["items"] == []


def test_a_push_asks_for_an_import_when_its_signature_fits(org: Organisation, client: Client) -> None:
    secret = imports.renew_secret(org.source, actor=SYSTEM, now=NOW)
    body = json.dumps({"ref": "refs/heads/main"}).encode()
    good = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()

    def call(signature: str, event: str = "push", source: int = org.source.pk) -> Any:
        headers = {"X-Hub-Signature-256": signature, "X-GitHub-Event": event}
        return client.post(f"/hooks/{source}", body, content_type="application/json", headers=headers)

    for answer in (call("sha256=00"), call(good, source=10**30), call(good, source=0)):
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert (call(good, "ping").status_code, call(good, "ping").json()) == (200, {"import": False})
    org.source.refresh_from_db()
    assert org.source.refresh_requested_at is None
    assert (call(good).status_code, call(good).json()) == (202, {"import": True})
    org.source.refresh_from_db()
    assert org.source.refresh_requested_at is not None
    assert client.get(f"/hooks/{org.source.pk}").status_code == 405
    assert client.post("/hooks/nothing").status_code == 404


REQUESTS: dict[str, tuple[str, Any]] = {
    "declare_entity": ("/entities", {"kind": "Component", "name": "new", **WHY}),
    "edit_entity": ("/entities/component/default/orders", {"title": "x", **WHY}),
    "transfer_ownership": ("/entities/component/default/orders/ownership", {"owner": "search", **WHY}),
    "withdraw_edit": ("/entities/component/default/orders/edits/lifecycle?reason=x", None),
    "rename_entity": ("/entities/component/default/orders/rename", {"name": "x", **WHY}),
    "add_alias": ("/entities/component/default/orders/aliases", {"ref": "component:default/x", **WHY}),
    "retire_entity": ("/entities/component/default/orders?reason=x", None),
    "edit_team": ("/teams/default/payments", {"mission": "x", **WHY}),
    "withdraw_team_edit": ("/teams/default/payments/edits/mission?reason=x", None),
    "start_membership": ("/teams/default/payments/memberships", {"person": "eve", **WHY}),
    "end_membership": ("/memberships/{membership}/end", WHY),
    "edit_person": ("/people/default/ada", {"display_name": "x", **WHY}),
    "withdraw_person_edit": ("/people/default/ada/edits/email?reason=x", None),
    "add_identity": ("/people/default/ada/identities", {"provider": "github", "value": "x", **WHY}),
    "correct_identity": ("/identities/{identity}/correct", {"person": "eve", **WHY}),
    "remove_identity": ("/identities/{identity}?reason=x", None),
    "create_source": ("/sources", {"location": "/srv/x"}),
    "update_source": ("/sources/{source}", {"watched": True}),
    "remove_source": ("/sources/{source}", None),
    "refresh_source": ("/sources/{source}/refresh", None),
    "renew_push_secret": ("/sources/{source}/push-secret", None),
    "save_view": ("/views", {"name": "x", "address": "/services/"}),
    "change_view": ("/views/{view}", {"name": "x"}),
    "remove_view": ("/views/{view}", None),
    "restore_view": ("/views/{view}/restore", None),
    "create_token": ("/tokens", {"name": "x"}),
    "revoke_token": ("/tokens/{token}", None),
    "retry_message": ("/outbox/{message}/retry", {}),
    "create_webhook": ("/webhooks", {"name": "x", "url": "https://example.org"}),
    "update_webhook": ("/webhooks/{webhook}", {"active": False}),
    "rotate_webhook": ("/webhooks/{webhook}/rotate", {}),
    "remove_webhook": ("/webhooks/{webhook}", None),
    "correct_author": ("/contributions/corrections", {"author": 1, "says": "bot", **WHY}),
    "withdraw_correction": ("/contributions/corrections/1", None),
    "follow_repository": ("/contributions/repositories", {"location": "/srv/x"}),
    "refresh_repository": ("/contributions/repositories/1/refresh", None),
    "unfollow_repository": ("/contributions/repositories/1", None),
    "create_comment": ("/discussions/entity/{vault}", {"text": "x"}),
    "edit_comment": ("/comments/{comment}", {"text": "y"}),
    "delete_comment": ("/comments/{comment}?reason=x", None),
    "mark_notifications": ("/notifications/read", {"all": True}),
    "change_preferences": ("/notifications/preferences", {"quiet_start": "20:00", "quiet_end": "07:00"}),
    "renew_own_webhook_secret": ("/notifications/preferences/webhook-secret", None),
    "try_own_channel": ("/notifications/try", {"channel": "slack"}),
    "follow_subject": ("/notifications/following/entity/{vault}", {"level": "all"}),
    "unfollow_subject": ("/notifications/following/entity/{vault}", None),
    "make_own_calendar": ("/notifications/calendar", {}),
    "revoke_own_calendar": ("/notifications/calendar", None),
    "set_team_chat": ("/notifications/teams/default/payments", {"url": "https://chat.example/x"}),
    "thank_person": ("/credit/thanks", {"person": "bob", "about_kind": "request", "about_id": 1, "words": "x"}),
    "dispute_credit_entry": ("/credit/entries/1/dispute", {"words": "because"}),
    "uphold_credit_entry": ("/credit/disputes/1/uphold", {"words": "because"}),
    "withdraw_credit_entry": ("/credit/disputes/1/withdraw-entry", {"words": "because"}),
    "take_back_credit_dispute": ("/credit/disputes/1/take-back", {"words": "because"}),
    "set_quota": ("/quotas", {"api": "api:default/x", "requests": 5, "reason": "because"}),
    "enforce_quota": ("/quotas/1/enforce", WHY),
    "shadow_quota": ("/quotas/1/shadow", WHY),
    "switch_off_quota": ("/quotas/1/off", WHY),
    "shadow_quota_spike": ("/quotas/spikes/1/shadow", WHY),
    "enforce_quota_spike": ("/quotas/spikes/1/enforce", WHY),
    "plan_quota_spike": ("/quotas/spikes/1/planned", WHY),
    "add_quota_node": ("/quotas/nodes", {"name": "x", "upstreams": [{"api": "x", "address": "h:1"}]}),
    "revoke_quota_node": ("/quotas/nodes/x/revoke", WHY),
    "offer_succession": (
        "/succession/offer",
        {"entity": "component:default/x", "team": "payments", "words": "because"},
    ),
    "ask_for_succession": (
        "/succession/ask",
        {"entity": "component:default/x", "team": "payments", "words": "because"},
    ),
    "order_succession": (
        "/succession/order",
        {"entity": "component:default/x", "team": "payments", "words": "because"},
    ),
    "propose_succession": ("/succession/propose", {"entity": "component:default/x"}),
    "retire_thing": ("/succession/retire", {"entity": "component:default/x", "words": "because"}),
    "confirm_succession": ("/succession/1/confirm", {"words": "because"}),
    "dismiss_succession": ("/succession/1/dismiss", {"words": "because"}),
    "accept_succession": ("/succession/1/accept", {"words": "because"}),
    "refuse_succession": ("/succession/1/refuse", {"words": "because"}),
    "object_to_succession": ("/succession/1/object", {"words": "because"}),
    "decide_succession": ("/succession/1/decide", {"choice": "kept", "words": "because"}),
    "go_on_with_succession": ("/succession/1/go-on", {"words": "because"}),
    "withdraw_succession": ("/succession/1/withdraw", {"words": "because"}),
    "tick_succession_line": ("/succession/1/lines/1/tick", {"words": "because"}),
    "untick_succession_line": ("/succession/1/lines/1/untick", None),
    "add_duplicate": ("/duplicates", {"team": "payments", "of": "x", "what": "x", "why": "x"}),
    "answer_duplicate": ("/duplicates/1/answer", {"choice": "keep", "on": "2999-01-01", **WHY}),
    "settle_duplicate": ("/duplicates/1/settle", {"choice": "keep", "on": "2999-01-01", **WHY}),
    "look_again_at_duplicate": ("/duplicates/1/look-again", WHY),
    "finish_duplicate": ("/duplicates/1/finish", WHY),
    "withdraw_duplicate": ("/duplicates/1/withdraw", WHY),
    "dismiss_likeness": ("/likenesses/1/dismiss", WHY),
    "restore_likeness": ("/likenesses/1/restore", WHY),
    "request_ask": ("/requests", {"title": "x", "need": "x", "asking_team": "payments", "home_team": "search"}),
    "import_requests": ("/request-imports", {"text": "title,home_team,asking_team,asker\nx,search,payments,ada"}),
    "request_revise": ("/requests/{request}", {"title": "y", "reason": "because"}),
    "request_join": ("/requests/{request}/join", {"team": "payments"}),
    "request_withdraw": ("/requests/{request}/withdraw", {"words": "because"}),
    "request_accept": ("/requests/{request}/accept", {"low": 1, "likely": 2, "high": 3, "words": "because"}),
    "request_decline": ("/requests/{request}/decline", {"reason": "no-room", "words": "because"}),
    "request_postpone": ("/requests/{request}/postpone", {"until": "2999-01-01", "words": "because"}),
    "request_move": ("/requests/{request}/move", {"to": "search", "words": "because"}),
    "request_assign": ("/requests/{request}/assign", {"to": "search", "words": "because"}),
    "request_reassign": ("/requests/{request}/reassign", {"person": "bob", "words": "because"}),
    "request_send_away": ("/requests/{request}/send-away", {"words": "because"}),
    "request_duplicate": ("/requests/{request}/duplicate", {"what": "x", "words": "because"}),
    "request_merge": ("/requests/{request}/merge", {"into": 1, "words": "because"}),
    "request_escalate": ("/requests/{request}/escalate", {"words": "because"}),
    "request_reshuffle": ("/requests/{request}/reshuffle", {"low": 1, "likely": 2, "high": 3, "words": "because"}),
    "request_rule_away": ("/requests/{request}/rule-away", {"words": "because"}),
    "request_uphold": ("/requests/{request}/uphold", {"words": "because"}),
    "request_add_management_time": ("/requests/{request}/management-time", {"minutes": 5}),
    "request_welcome": ("/requests/{request}/welcome", {"words": "because"}),
    "request_ask_back": ("/requests/{request}/ask-back", {"words": "because"}),
    "request_answer": ("/requests/{request}/answer", {"words": "because"}),
    "request_take_over": ("/requests/{request}/take-over", {"words": "because"}),
    "request_send_back": ("/requests/{request}/send-back", {"words": "because"}),
    "request_wait": ("/requests/{request}/wait", {"words": "because"}),
    "request_stop_away": ("/requests/{request}/stop-away", {"words": "because"}),
    "request_finish_away": ("/requests/{request}/finish-away", {"words": "because"}),
    "request_give_up": ("/requests/{request}/give-up", {"words": "because"}),
    "request_deliver": ("/requests/{request}/deliver", {"words": "because"}),
    "request_confirm": ("/requests/{request}/confirm", {"words": "because"}),
    "request_dispute": ("/requests/{request}/dispute", {"words": "because"}),
    "engagement_open": ("/engagements", {"home_team": "payments", "away_team": "engineering", "title": "x"}),
    "engagement_write_draft": ("/engagements/1", {"title": "x"}),
    "engagement_set_scope": ("/engagements/1/scope", {"scope": [{"repository": "x", "pattern": "/"}]}),
    "engagement_propose": ("/engagements/1/propose", {}),
    "engagement_sign": ("/engagements/1/sign", {"sha256": "0" * 64}),
    "engagement_decline": ("/engagements/1/decline", {"reason": "no-time", "words": "because"}),
    "engagement_revise": ("/engagements/1/revise", {"words": "because"}),
    "engagement_start": ("/engagements/1/start", {}),
    "engagement_pause": ("/engagements/1/pause", {"until": "2999-01-01", "words": "because"}),
    "engagement_resume": ("/engagements/1/resume", {}),
    "engagement_hand_over": ("/engagements/1/hand-over", {}),
    "engagement_work_on": ("/engagements/1/work-on", {"words": "because"}),
    "engagement_withdraw": ("/engagements/1/withdraw", {"reason": "blocked", "words": "because"}),
    "engagement_deploy": ("/engagements/1/deploy", {}),
    "engagement_close": ("/engagements/1/close", {"words": "because"}),
    "engagement_amend": ("/engagements/1/amendments", {"why": "because", "pledged_hours": 1}),
    "engagement_sign_amendment": ("/engagements/1/amendments/2/sign", {"sha256": "0" * 64}),
    "engagement_decline_amendment": ("/engagements/1/amendments/2/decline", {"words": "because"}),
    "engagement_withdraw_amendment": ("/engagements/1/amendments/2/withdraw", {"words": "because"}),
    "engagement_add_member": ("/engagements/1/members", {"person": "bob"}),
    "engagement_change_member": ("/engagements/1/members/1", {"share": 50}),
    "engagement_agree_to_member": ("/engagements/1/members/1/agree", {}),
    "engagement_welcome_member": ("/engagements/1/members/1/welcome", {}),
    "engagement_end_membership": ("/engagements/1/members/1/end", {}),
    "engagement_offer_place": ("/engagements/1/places", {"title": "x", "hours": 1}),
    "place_close": ("/places/1/close", {}),
    "place_apply": ("/places/1/apply", {}),
    "application_take": ("/applications/1/take", {}),
    "application_refuse": ("/applications/1/refuse", {"words": "because"}),
    "engagement_take_standards": ("/engagements/1/standards", {"repository": "x"}),
    "engagement_add_standard": ("/engagements/1/standards/by-hand", {"title": "x", "text": "x"}),
    "engagement_remove_standard": ("/engagements/1/standards/1", None),
    "engagement_take_baseline": ("/engagements/1/baseline/files", {"files": [{"name": "x", "content": "<x/>"}]}),
    "engagement_upload_baseline": ("/engagements/1/baseline/uploads", Parts({"x.xml": b"<x/>"})),
    "engagement_add_baseline_item": ("/engagements/1/baseline", {"kind": "check", "key": "x"}),
    "engagement_remove_baseline": ("/engagements/1/baseline", None),
    "round_open": ("/engagements/1/rounds", {"title": "x"}),
    "round_approve": ("/rounds/1/approve", {}),
    "round_request_changes": ("/rounds/1/request-changes", {"points": [{"words": "x", "check": "y"}]}),
    "round_demand": ("/rounds/1/demand", {"points": [{"kind": "demand", "words": "x"}]}),
    "round_advise": ("/rounds/1/advise", {"points": [{"kind": "advice", "words": "x"}]}),
    "round_grant": ("/rounds/1/grant", {"words": "because", "days": 1}),
    "round_refuse": ("/rounds/1/refuse", {"words": "because"}),
    "round_resubmit": ("/rounds/1/resubmit", {"words": "because"}),
    "round_withdraw": ("/rounds/1/withdraw", {"words": "because"}),
    "hours_book": ("/engagements/1/hours", {"minutes": 5, "what": "x"}),
    "hours_cancel": ("/hours/1/cancel", {"why": "because"}),
    "report_make": ("/engagements/1/reports", {}),
    "change_tell": (
        "/changes",
        {
            "origin": "ci",
            "key": "1",
            "repository": "x",
            "author": "ada",
            "base": "c" * 40,
            "head": "a" * 40,
            "paths": ["x"],
        },
    ),
    "change_review": ("/changes/1/reviews", {"reviews": [{"key": "1", "person": "ada"}]}),
    "change_emergency": ("/changes/1/emergency", {"reason": "because", "head": "a" * 40}),
    "handover_begin": ("/handovers", {"engagement": 1}),
    "handover_submit": ("/handovers/1/submit", {"summary": "x"}),
    "handover_accept": ("/handovers/1/accept", {}),
    "handover_refuse": ("/handovers/1/refuse", {"words": "because", "line": 1}),
    "handover_take_back": ("/handovers/1/take-back", {"words": "because"}),
    "handover_evidence_add": ("/handovers/1/lines/1/evidence", {"words": "because"}),
    "handover_evidence_remove": ("/handovers/1/evidence/1", None),
    "handover_line_tick": ("/handovers/1/lines/1/tick", {}),
    "handover_line_waive": ("/handovers/1/lines/1/waive", {"words": "because"}),
    "handover_line_reopen": ("/handovers/1/lines/1/reopen", {"words": "because"}),
    "deployment_record": ("/deployments", {"engagement": 1}),
    "defect_report": ("/defects", {"engagement": 1, "title": "x"}),
    "defect_fix": ("/defects/1/fix", {"words": "because"}),
    "defect_dispute": ("/defects/1/dispute", {"words": "because"}),
    "defect_rule": ("/defects/1/rule", {"side": "home", "words": "because"}),
    "defect_take": ("/defects/1/take", {}),
    "defect_dismiss": ("/defects/1/dismiss", {"words": "because"}),
    "retrospective_answer": ("/retrospectives/1", {"answers": ["x", "", "", "", ""]}),
    "self_service_put_aside": ("/self-service/put-aside", {"service": "component:default/orders", "reason": "because"}),
    "design_experiment": ("/experiments", {"title": "x", "team": "payments"}),
    "edit_experiment": ("/experiments/1", {"title": "x", "team": "payments"}),
    "define_metric": (
        "/experiments/metrics",
        {"key": "x", "title": "x", "team": "payments", "kind": "mean", "direction": "up", "event": "x"},
    ),
    "check_experiment": ("/experiments/1/check", None),
    "submit_experiment": ("/experiments/1/submit", {}),
    "revise_experiment": ("/experiments/1/revise", {"words": "x"}),
    "withdraw_experiment": ("/experiments/1/withdraw", {"words": "x"}),
    "start_experiment": ("/experiments/1/start", None),
    "reallocate_experiment": ("/experiments/1/allocation", {"words": "x"}),
    "amend_experiment": ("/experiments/1/amend", {"why": "x", "changes": {}}),
    "stop_experiment": ("/experiments/1/stop", {"words": "x"}),
    "look_at_facts": ("/experiments/1/look", None),
    "cancel_look": ("/experiments/1/look/cancel", None),
    "decide_experiment": ("/experiments/1/decide", {"outcome": "ship", "words": "x"}),
    "clean_up_experiment": ("/experiments/1/clean-up", {"words": "x"}),
    "write_learning": ("/experiments/1/learn", {"words": "x"}),
    "request_review": (
        "/reviews",
        {"field": "design", "title": "x", "question": "x", "team": "payments", "decider": "ada"},
    ),
    "assign_review": ("/reviews/1/assign", {}),
    "decline_review": ("/reviews/1/decline", {"words": "x"}),
    "deliver_review": ("/reviews/1/deliver", {"draft": True}),
    "follow_review": ("/reviews/1/follow", {}),
    "override_review": ("/reviews/1/override", {"reason": "x"}),
    "withdraw_review": ("/reviews/1/withdraw", {"words": "x"}),
    "meet_condition": ("/reviews/1/conditions/1/met", {"evidence": "x"}),
    "add_bar_raiser": ("/reviews/pool", {"person": "ada", "field": "design"}),
    "end_bar_raiser": ("/reviews/pool/1/leave", {"words": "x"}),
    "add_deviation": (
        "/register",
        {"team": "payments", "title": "x", "practice": "x", "reason": "x", "data": [{"words": "x"}]},
    ),
    "tell_entry": ("/register/1/tell", {"outcome": "both", "happened": "x"}),
    "import_items": ("/roadmap-imports", {"text": "team,title,effort\npayments,x,1", **WHY}),
    "reshuffle_roadmap": ("/roadmaps/default/payments/reshuffle", {"changes": [{"item": 1, "rank": 1}], **WHY}),
    "note_capacity": (
        "/roadmaps/default/payments/capacity-notes",
        {"starts": "2026-01-01", "ends": "2026-01-02", "share": 1, **WHY},
    ),
    "remove_capacity_note": ("/capacity-notes/{note}?reason=x", None),
    "place_item": ("/roadmap-items", {"team": "payments", "title": "x", "effort_likely": 1, **WHY}),
    "edit_item": ("/roadmap-items/{item}", {"title": "x", **WHY}),
    "rank_item": ("/roadmap-items/{item}/rank", {"rank": 2, **WHY}),
    "start_item": ("/roadmap-items/{item}/start", WHY),
    "finish_item": ("/roadmap-items/{item}/finish", WHY),
    "drop_item": ("/roadmap-items/{item}/drop", WHY),
    "add_need": ("/roadmap-items/{item}/needs", {"needs": 1, **WHY}),
    "remove_need": ("/roadmap-items/{item}/needs/1?reason=x", None),
    "create_goal": (
        "/goals",
        {"team": "payments", "title": "x", "starts": "2026-01-01", "ends": "2026-02-01", **WHY},
    ),
    "edit_goal": ("/goals/{goal}", {"title": "x", **WHY}),
    "close_goal": ("/goals/{goal}/close", {"state": "met", **WHY}),
    "reopen_goal": ("/goals/{goal}/reopen", WHY),
    "add_key_result": (
        "/goals/{goal}/key-results",
        {"title": "x", "baseline": 0, "target": 1, "direction": "up", **WHY},
    ),
    "set_figure": ("/goals/{goal}/figures", {"name": "x", "period": "2026", "planned": 1, **WHY}),
    "measure": ("/key-results/{result}/measurements", {"value": 1, "source": "x"}),
    "create_document": ("/roadmaps/default/payments/documents", {"title": "x", "text": "x", **WHY}),
    "write_document": ("/roadmaps/default/payments/documents/{document}/versions", {"title": "x", "text": "y", **WHY}),
    "link_document": ("/roadmaps/default/payments/documents/{document}/links", {"goals": [], "items": [], **WHY}),
    "forge_add": ("/forges", {"kind": "gitea", "name": "more", "address": "https://forge.example", **WHY}),
    "forge_change": ("/forges/{forge}", {"active": False, **WHY}),
    "forge_remove": ("/forges/{forge}?reason=because", None),
    "forge_test": ("/forges/{forge}/test", None),
    "forge_reconcile": ("/forges/{forge}/reconcile", None),
    "forge_account_link": ("/forges/{forge}/accounts/link", {"account": "0", "person": "user:default/eve", **WHY}),
    "forge_delivery_retry": ("/forges/{forge}/deliveries/{delivery}/retry", WHY),
    "match_usage_name": ("/usage/names/{usage_name}/match", {"ignore": True, **WHY}),
    "unmatch_usage_name": ("/usage/names/{usage_name}/unmatch", WHY),
    "add_usage_rule": ("/usage/rules", {"name": "x", "kind": "name"}),
    "remove_usage_rule": ("/usage/rules/{usage_rule}", None),
    "create_flag": ("/flags", {"key": "more", "owner": "payments", "definition": FLAG, **WHY}),
    "edit_flag": ("/flags/fast", {"title": "x", **WHY}),
    "archive_flag": ("/flags/fast/archive", WHY),
    "restore_flag": ("/flags/fast/restore", WHY),
    "keep_flag": ("/flags/fast/keep", {"until": f"{SOON:%Y-%m-%d}", **WHY}),
    "define_flag": ("/flags/fast/environments/production/definition", {"definition": FLAG, **WHY}),
    "roll_back_flag": ("/flags/fast/environments/production/roll-back", {"number": 1, **WHY}),
    "kill_flag": ("/flags/fast/environments/production/kill", WHY),
    "release_flag": ("/flags/fast/environments/production/release", WHY),
    "plan_flag": ("/flags/fast/environments/production/plans", {"at": SOON.isoformat(), "deed": "kill", **WHY}),
    "cancel_flag_plan": ("/flags/plans/{plan}", None),
    "create_flag_environment": ("/flags/environments", {"key": "x", "title": "x"}),
    "share_flag_rules": ("/flags/environments/production/rules", {"evaluators": {}, **WHY}),
    "import_flags": (
        "/flags/environments/production/import",
        {"file": {"flags": {"new": FLAG}, "$evaluators": {"x": {"var": "y"}}}, "owner": "payments", **WHY},
    ),
    "create_flag_token": ("/flags/environments/production/tokens", {"name": "x"}),
    "revoke_flag_token": ("/flags/tokens/{flag_token}", None),
    "forge_change_retry": ("/forges/{forge}/changes/{asked}/retry", WHY),
}
READS_BY_POST = {"gate_ask", "needed_reviews", "preview_flag", "preview_quota", "route_text", "similar_requests"}
"""Questions that are too long for an address."""
OF_ONESELF = {
    "mark_notifications", "change_preferences", "renew_own_webhook_secret", "try_own_channel", "make_own_calendar",
    "revoke_own_calendar",
}  # fmt: skip
OPEN_TO_ALL = {"change_tell", "declare_entity", "create_token", "import_items", "save_view", *OF_ONESELF}
"""What everybody who is signed in may do; an import tells for each row what it may not."""


def writes(client: Client) -> Iterator[tuple[str, str]]:
    schema = client.get("/api/v1/openapi.json").json()
    for operations in schema["paths"].values():
        for method, operation in operations.items():
            if method != "get" and operation["operationId"] not in READS_BY_POST:
                yield operation["operationId"], method


def asked_about_the_vault(org: Organisation) -> Request:
    """A request that only payments, who ask, and administrators see."""
    return requests.ask(
        actor=actor_of_person(org.people["mia"], NOW), now=NOW, kind="bug", title="Leak", need="Mend it.",
        asking_team=org.teams["engineering"], home_team=org.teams["payments"], aim=Aim(entity=org.entities[SECRET]),
    )  # fmt: skip


def on_a_roadmap(team: Team) -> dict[str, Any]:
    """One of everything that stands on a team's roadmap, by the names that addresses use."""
    common: dict[str, Any] = {"actor": SYSTEM, "now": NOW, "reason": "so that there is one"}
    day = NOW.date()
    goal = roadmaps.create_goal(team=team, title="Goal", starts=day, ends=day, **common)
    result = roadmaps.add_key_result(
        goal=goal, title="Result", baseline=Decimal(0), target=Decimal(1), direction="up", **common
    )
    effort = (Decimal(1), Decimal(1), Decimal(1))
    item = roadmaps.place(team=team, title="Item", effort=effort, **common).item
    document = roadmaps.create_document(team=team, title="Document", text="Text", **common)
    note, _ = roadmaps.note_capacity(team=team, starts=day, ends=day, share=Decimal(1), **common)
    return {"goal": goal.pk, "result": result.pk, "item": item.pk, "document": document.slug, "note": note.pk}


def on_a_forge() -> dict[str, Any]:
    """A forge with something that was given up."""
    forges.build(NOW)
    delivery, asked = ForgeDelivery.objects.get(), ForgeChange.objects.get()
    return {"forge": delivery.forge_id, "delivery": delivery.pk, "asked": asked.pk}


def of_flags(team: Team) -> dict[str, Any]:
    """A flag with all that belongs to flags, by the names that addresses use."""
    place = flags.create_environment("production", "Production", actor=SYSTEM, now=NOW)
    wanted = flags.Wanted("fast", team, json.dumps(FLAG), environments=[place])
    flag = flags.create(wanted, actor=SYSTEM, now=NOW, reason="so that there is one")
    plan = flags.plan(flag, place, SOON, Deed.KILL, actor=SYSTEM, now=NOW, reason="so that there is one")
    token, _ = flags.create_token(place, "token", Reach.SERVER, actor=SYSTEM, now=NOW)
    return {"plan": plan.pk, "flag_token": token.pk}


def of_usage() -> dict[str, Any]:
    """A name of the telemetry that nobody knows, and a rule."""
    name = Name.objects.create(text="nobody-knows", kind=Name.Kind.SERVICE, first_hour=1, last_hour=1)
    rule = matching.add_rule(actor=SYSTEM, now=NOW, name="rule", kind=MatchRule.Kind.NAME)
    return {"usage_name": name.pk, "usage_rule": rule.pk}


def said_about_the_vault(org: Organisation) -> Comment:
    """A comment that only payments and administrators see."""
    about = Subject("entity", org.entities[SECRET].pk, SECRET)
    return discussions.comment(actor=actor_of_person(org.people["bob"], NOW), now=NOW, subject=about, text="Hush")


def everything() -> dict[str, list[Any]]:
    """All rows of all tables, without what merely looking changes."""
    found = {}
    for model in apps.get_models():
        fields = [
            field.attname
            for field in model._meta.concrete_fields
            if field.attname not in ("last_used_at", "last_login")
        ]
        found[model._meta.label] = sorted(map(str, model._default_manager.values_list(*fields)))
    return found


@pytest.mark.parametrize(
    ("who", "scopes", "statuses"),
    [("eve", (), {403, 404}), ("sam", (), {403, 404}), ("zoe", ("read",), {403}), ("", (), {401})],
)
def test_what_is_denied_changes_nothing(
    org: Organisation, who: str, scopes: tuple[str, ...], statuses: set[int]
) -> None:
    webhook = Webhook.objects.create(name="w", url="https://example.org", secret="s", created_at=NOW)
    message = OutboxMessage.objects.create(
        idempotency_key="k", channel="webhook", payload={}, state="dead", next_at=NOW, created_at=NOW
    )
    Edit.objects.create(
        entity=org.entities["orders"], field="lifecycle", value="x", declared="y", reason="r", made_at=NOW
    )
    org.client("ada")
    places = {
        "membership": Membership.objects.get(person__name="bob").pk,
        "identity": Identity.objects.get().pk,
        "source": org.source.pk,
        "token": org.users["ada"].tokens.get().pk,
        "view": SavedView.objects.create(
            owner=org.people["ada"], page="services", name="v", path="/services/", created_at=NOW, changed_at=NOW
        ).pk,
        "webhook": webhook.pk,
        "message": message.pk,
        "request": asked_about_the_vault(org).pk,
        "vault": org.entities[SECRET].pk,
        "comment": said_about_the_vault(org).pk,
        **on_a_roadmap(org.teams["payments"]),
        **on_a_forge(),
        **of_flags(org.teams["payments"]),
        **of_usage(),
    }
    client = org.client(who, *scopes) if who else Client()
    asked = dict(writes(org.client("ada")))
    assert asked.keys() == REQUESTS.keys(), "every write needs a request here"
    before = everything()
    for name, method in asked.items():
        if name in OPEN_TO_ALL and statuses == {403, 404}:
            continue
        path, body = REQUESTS[name]
        answer = send(client, method, "/api/v1" + path.format(**places), body)
        assert answer.status_code in statuses, (name, answer.content)
        assert answer["Content-Type"] == "application/problem+json"
    assert everything() == before


def test_nothing_is_done_to_what_one_may_not_see(org: Organisation) -> None:
    sam, before = org.client("sam"), everything()
    for name, (path, body) in REQUESTS.items():
        if "/orders" in path:
            method = dict(writes(sam))[name]
            answer = send(sam, method, "/api/v1" + path.replace("/orders", f"/{SECRET}"), body)
            assert answer.status_code == 404, (name, answer.content)
    assert everything() == before
