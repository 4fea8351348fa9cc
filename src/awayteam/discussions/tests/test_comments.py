"""Comments: said, answered, changed, deleted; who is told of them, and what is denied changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from awayteam.accounts.actors import actor_of_user
from awayteam.api.tests.organisation import SECRET, Organisation
from awayteam.discussions import queries
from awayteam.discussions.actions import comment, delete, edit, subscribe
from awayteam.discussions.models import Comment, CommentVersion
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.events import Subject
from awayteam.kernel.models import Event
from awayteam.notifications.models import Notification
from awayteam.notifications.rules import Level
from awayteam.organisation.models import Confidence, Identity, Team

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def actor(org: Organisation, name: str) -> Actor:
    return actor_of_user(org.users[name], NOW)


def about(org: Organisation, name: str = "orders") -> Subject:
    return Subject("entity", org.entities[name].pk, name)


def say(org: Organisation, who: str, text: str, **more: object) -> Comment:
    given = {"now": NOW, "subject": about(org), **more}
    return comment(actor=actor(org, who), text=text, **given)  # type: ignore[arg-type]


def told(comment: Comment) -> dict[str, str]:
    return dict(Notification.objects.filter(key=f"comment-{comment.pk}").values_list("person__name", "group"))


def events(name: str) -> int:
    return Event.objects.filter(name=name).count()


def test_a_comment_tells_those_it_mentions_and_those_who_follow(org: Organisation) -> None:
    subscribe(actor=actor(org, "eve"), now=NOW, subject=about(org))
    made = say(org, "sam", "Hello @bob, @payments: **see** `@mia`")
    assert told(made) == {"bob": "mention", "ada": "mention", "eve": "subscription"}
    row = Notification.objects.get(person__name="bob")
    assert row.text == "Sam commented on orders: Hello @bob, @payments: see @mia"
    assert row.address == f"/catalog/default/component/orders/#comment-{made.pk}"
    assert events("comment.created") == 1
    second = say(org, "bob", "I see.", reply_to=made)
    assert second.reply_to == made
    assert told(second) == {"sam": "subscription", "eve": "subscription"}
    third = say(org, "sam", "Good.", reply_to=second)
    assert third.reply_to == made


def test_a_thread_shows_replies_below_what_they_answer(org: Organisation) -> None:
    first = say(org, "sam", "One @ada")
    say(org, "eve", "Two")
    say(org, "bob", "To one", reply_to=first)
    thread = queries.thread(actor(org, "bob"), "entity", about(org).id, now=NOW)
    assert [(row.comment.text, [one.comment.text for one in row.replies]) for row in thread.rows] == [
        ("One @ada", ["To one"]),
        ("Two", []),
    ]
    assert (thread.count, thread.older, thread.subject.label, thread.level) == (
        3,
        None,
        "orders",
        Level.ALL,
    )
    assert str(thread.rows[0].html) == (
        '<p>One <a class="md-person" href="/people/default/ada/" title="Ada">@ada</a></p>\n'
    )
    reply = thread.rows[0].replies[0]
    assert (bool(reply.may_edit), bool(thread.rows[0].may_edit)) == (True, False)
    assert thread.rows[0].may_edit.reason == "Only its author may change a comment."


def test_older_threads_are_a_page_further(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "NEWEST", 2)
    made = [say(org, "sam", str(number)) for number in range(5)]
    first = queries.thread(actor(org, "sam"), "entity", about(org).id)
    assert [row.comment.text for row in first.rows] == ["3", "4"]
    assert first.older == made[3].pk
    second = queries.thread(actor(org, "sam"), "entity", about(org).id, before=first.older)
    assert [row.comment.text for row in second.rows] == ["1", "2"]


def test_an_edit_keeps_what_was_said_and_tells_whom_it_mentions_anew(org: Organisation) -> None:
    made = say(org, "sam", "For @bob")
    changed = edit(actor=actor(org, "sam"), now=NOW + MINUTE, comment=made, text="For @bob and @eve")
    assert (changed.number, changed.edited_at) == (2, NOW + MINUTE)
    assert told(made) == {"bob": "mention", "eve": "mention"}
    kept = CommentVersion.objects.get()
    assert (kept.number, kept.text, kept.written_at, kept.ended_at) == (1, "For @bob", NOW, NOW + MINUTE)
    assert edit(actor=actor(org, "sam"), now=NOW + MINUTE, comment=changed, text="For @bob and @eve").number == 2
    assert events("comment.edited") == 1
    stale = Comment.objects.get()
    stale.number = 1
    with pytest.raises(Conflict):
        edit(actor=actor(org, "sam"), now=NOW + MINUTE, comment=stale, text="Other")


def test_a_deleted_comment_keeps_its_place_and_not_its_text(org: Organisation) -> None:
    made = say(org, "sam", "Rash words")
    say(org, "bob", "Now now", reply_to=made)
    delete(actor=actor(org, "zoe"), now=NOW + MINUTE, comment=made, reason="rude")
    thread = queries.thread(actor(org, "eve"), "entity", about(org).id)
    gone = thread.rows[0]
    assert (gone.html, gone.comment.text, gone.comment.deleted_by_label, thread.count) == (None, "", "Zoe", 1)
    assert [row.comment.text for row in gone.replies] == ["Now now"]
    held = Comment.objects.get(pk=made.pk)
    assert [row.text for row in queries.versions(actor(org, "sam"), held, NOW)] == ["Rash words"]
    with pytest.raises(NotAllowed):
        queries.versions(actor(org, "bob"), held, NOW)
    with pytest.raises(NotAllowed):
        edit(actor=actor(org, "sam"), now=NOW, comment=held, text="Again")
    last = Event.objects.filter(name="comment.deleted").get()
    assert (last.reason, last.data) == ("rude", {"comment": made.pk})


def test_what_is_denied_changes_nothing_and_tells_nobody(org: Organisation, rulebook: object) -> None:
    rulebook("[discussions]\nlength_max = 100\nedit_minutes = 10\n")  # type: ignore[operator]
    made = say(org, "sam", "Mine")
    before = (Event.objects.count(), Notification.objects.count())
    reader = actor_of_user(org.users["bob"], NOW)
    readonly = Actor(**{**{f: getattr(reader, f) for f in reader.__slots__}, "scopes": frozenset({"read"})})
    nobody = Actor(**{**{f: getattr(reader, f) for f in reader.__slots__}, "person_id": None})
    secret = about(org, SECRET)
    tries: list[tuple[type[AwayteamError], object]] = [
        (NotFound, lambda: say(org, "sam", "Hi @bob @ada", subject=secret)),
        (NotFound, lambda: say(org, "sam", "Hi", subject=Subject("entity", 10**9, "x"))),
        (NotFound, lambda: say(org, "sam", "Hi", subject=Subject("riddle", 1, "x"))),
        (InvalidInput, lambda: say(org, "sam", "  \n ")),
        (InvalidInput, lambda: say(org, "sam", "x" * 101)),
        (InvalidInput, lambda: say(org, "sam", "a\0b")),
        (Conflict, lambda: say(org, "sam", "Hi", subject=about(org, "finder"), reply_to=made)),
        (NotAllowed, lambda: comment(actor=readonly, now=NOW, subject=about(org), text="Hi @ada")),
        (NotAllowed, lambda: comment(actor=nobody, now=NOW, subject=about(org), text="Hi @ada")),
        (NotAllowed, lambda: edit(actor=actor(org, "bob"), now=NOW, comment=made, text="His @ada")),
        (NotAllowed, lambda: edit(actor=actor(org, "zoe"), now=NOW, comment=made, text="His @ada")),
        (NotAllowed, lambda: edit(actor=actor(org, "sam"), now=NOW + 11 * MINUTE, comment=made, text="Late @ada")),
        (NotAllowed, lambda: delete(actor=actor(org, "bob"), now=NOW, comment=made)),
        (NotFound, lambda: queries.thread(actor(org, "sam"), "entity", secret.id)),
    ]
    for error, attempt in tries:
        with pytest.raises(error):
            attempt()  # type: ignore[operator]
    assert (Event.objects.count(), Notification.objects.count()) == before
    assert list(Comment.objects.values_list("text", flat=True)) == ["Mine"]


def test_mentions_never_tell_of_what_the_mentioned_may_not_see(org: Organisation) -> None:
    made = say(org, "ada", "@sam @bob @eve @search look", subject=about(org, SECRET))
    assert told(made) == {"bob": "mention"}


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("@bob", "user:default/bob"),
        ("@BOB", "user:default/bob"),
        ("@user:bob", "user:default/bob"),
        ("@default/bob", "user:default/bob"),
        ("@payments", "group:default/payments"),
        ("@group:default/payments", "group:default/payments"),
        ("@acme/payments", "group:default/payments"),
        ("@octobob", "user:default/bob"),
        ("@guess", None),
        ("@twice", None),
        ("@nobody", None),
        ("@system:default/bob", None),
        ("@bob@x.org", None),
    ],
)
def test_a_name_means_who_it_is_if_that_is_one(org: Organisation, name: str, means: str | None) -> None:
    for provider, value, confidence in [
        ("github", "OctoBob", Confidence.CONFIRMED),
        ("github", "guess", Confidence.GUESS),
        ("email", "nobody", Confidence.CONFIRMED),
        ("gitlab", "twice", Confidence.CONFIRMED),
    ]:
        Identity.objects.create(
            person=org.people["bob"],
            provider=provider,
            value=value,
            value_key=value.casefold(),
            confidence=confidence,
            created_at=NOW,
        )
    Identity.objects.create(
        person=org.people["eve"],
        provider="github",
        value="twice",
        value_key="twice",
        confidence=Confidence.CONFIRMED,
        created_at=NOW,
    )
    from awayteam.discussions.actions.comments import mentioned

    found = mentioned(actor(org, "eve"), f"ask {name} please")
    refs = {"person": {p.pk: p.ref for p in org.people.values()}, "team": {t.pk: t.ref for t in org.teams.values()}}
    assert [refs[one.kind][one.id] for one in found] == ([means] if means else [])


def test_nobody_takes_a_name_by_a_handle_elsewhere(org: Organisation) -> None:
    Identity.objects.create(person=org.people["eve"], provider="github", value="bob", value_key="bob", created_at=NOW)
    assert told(say(org, "sam", "@bob")) == {"bob": "mention"}
    Team.objects.create(ref="group:default/bob", name="bob")
    assert told(say(org, "sam", "@bob")) == {}
    assert told(say(org, "sam", "@user:bob")) == {"bob": "mention"}
