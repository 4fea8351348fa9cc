import hashlib
import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.imports import actions, engine, hooks, jobs
from awayteam.imports.tests.folder import START, Folder, component, get
from awayteam.kernel.actor import ANONYMOUS, SYSTEM, Actor, ActorKind
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed, NotSignedIn
from awayteam.kernel.models import Event
from awayteam.sources.models import Source

BODY = b'{"ref": "refs/heads/main"}'
SOMEBODY = Actor(kind=ActorKind.PERSON, label="Ada", person_id=1)


def signed(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("header", "prefix", "forge"),
    [
        ("X-Hub-Signature-256", "sha256=", "github"),
        ("X-Hub-Signature", "sha256=", "bitbucket"),
        ("x-gitea-signature", "", "gitea"),
        ("X-Forgejo-Signature", "", "forgejo"),
    ],
)
def test_each_forge_is_known_by_its_signature(header: str, prefix: str, forge: str) -> None:
    headers = {header: prefix + signed(BODY, "secret")}
    assert hooks.verify(headers, BODY, "secret") == forge
    assert hooks.verify(headers, BODY + b" ", "secret") is None
    assert hooks.verify(headers, BODY, "other") is None
    assert hooks.verify({header: prefix + signed(BODY, "")}, BODY, "") is None


def test_gitlab_sends_the_secret_itself() -> None:
    assert hooks.verify({"X-Gitlab-Token": "secret"}, BODY, "secret") == "gitlab"
    assert hooks.verify({"X-Gitlab-Token": "Secret"}, BODY, "secret") is None
    assert hooks.verify({"X-Gitlab-Token": ""}, BODY, "") is None
    assert hooks.verify({"X-Hub-Signature-256": "sha256=", "X-Gitlab-Token": "secret"}, BODY, "secret") is None


@given(st.dictionaries(st.sampled_from([*hooks.SIGNED, hooks.TOKEN, *hooks.EVENTS]), st.text()), st.binary())
def test_nothing_unsigned_gets_in_and_nothing_raises(headers: dict[str, str], body: bytes) -> None:
    assert hooks.verify(headers, body, "a secret that nobody guesses") is None
    assert isinstance(hooks.push(headers, body, "github").ref, str)


@pytest.mark.parametrize(
    ("event", "body", "ref", "concerned"),
    [
        ("push", b'{"ref": "refs/heads/main"}', "", True),
        ("push", b'{"ref": "refs/heads/main"}', "main", True),
        ("push", b'{"ref": "refs/heads/feature/x"}', "feature/x", True),
        ("push", b'{"ref": "refs/heads/main"}', "release", False),
        ("push", b"not json", "release", True),
        ("ping", b"{}", "", False),
        ("issues", b"{}", "", False),
    ],
)
def test_only_pushes_to_what_is_read_concern_a_source(event: str, body: bytes, ref: str, concerned: bool) -> None:
    assert hooks.push({"X-GitHub-Event": event}, body, "github").concerns(ref) is concerned


@pytest.mark.django_db
def test_a_signed_push_is_imported_by_the_worker(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "repo")
    folder.write("a.yaml", component("orders"))
    folder.load()
    folder.write("a.yaml", component("orders", metadata="title: Pushed"))
    source = folder.source
    secret = actions.show_secret(source, actor=SYSTEM, now=folder.now)
    assert secret not in source.webhook_secret, "it is stored sealed"
    headers = {"X-Hub-Signature-256": f"sha256={signed(BODY, secret)}", "X-GitHub-Event": "push"}
    assert not jobs.pending(folder.now)
    assert actions.receive_push(source.pk, headers, BODY, now=folder.now)
    assert jobs.refresh_due(folder.now) == 1
    assert get("component:default/orders").title == "Pushed"
    assert Source.objects.get().refresh_requested_at is None
    assert jobs.refresh_due(folder.now) == 0
    requested = Event.objects.get(name="source.refresh-requested")
    assert (requested.actor_label, requested.data) == (
        "Push from github",
        {"forge": "github", "ref": "refs/heads/main"},
    )


@pytest.mark.django_db
def test_a_wrong_signature_and_an_unknown_source_are_told_apart_to_nobody(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "repo")
    source = folder.source
    messages = []
    for id in (source.pk, source.pk + 1):
        with pytest.raises(NotSignedIn) as raised:
            actions.receive_push(id, {"X-Hub-Signature-256": "sha256=00"}, BODY, now=START)
        messages.append(str(raised.value))
    assert len(set(messages)) == 1
    assert Source.objects.get().refresh_requested_at is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "actor", [ANONYMOUS, SOMEBODY, Actor(ActorKind.TOKEN, "t", is_administrator=True, scopes=frozenset({"read"}))]
)
def test_only_administrators_look_after_sources_and_denied_means_nothing_changed(tmp_path: Path, actor: Actor) -> None:
    source = Folder(tmp_path / "repo").source
    before, events = Source.objects.values().get(), Event.objects.count()
    who = {"actor": actor, "now": START}
    with pytest.raises(NotAllowed):
        actions.create(actions.Wanted(str(tmp_path)), **who)
    with pytest.raises(NotAllowed):
        actions.rename(source, "other", **who)
    with pytest.raises(NotAllowed):
        actions.update(source, globs=["x"], **who)
    with pytest.raises(NotAllowed):
        actions.request_refresh(source, **who)
    with pytest.raises(NotAllowed):
        actions.renew_secret(source, **who)
    with pytest.raises(NotAllowed):
        actions.show_secret(source, **who)
    with pytest.raises(NotAllowed):
        actions.remove(source, **who)
    assert Source.objects.values().get() == before
    assert Event.objects.count() == events


@pytest.mark.django_db
def test_names_of_sources_are_their_own(tmp_path: Path) -> None:
    one, two = Folder(tmp_path / "a" / "repo"), Folder(tmp_path / "b" / "repo")
    who = {"actor": SYSTEM, "now": START}
    first = actions.create(actions.Wanted(str(one.root)), **who)
    second = actions.create(actions.Wanted(str(two.root)), **who)
    assert (first.name, second.name) == ("repo", "repo 2")
    with pytest.raises(Conflict):
        actions.rename(second, "repo", **who)
    with pytest.raises(InvalidInput):
        actions.rename(second, " ", **who)
    with pytest.raises(InvalidInput):
        actions.create(actions.Wanted("a\0b"), **who)
    actions.rename(second, "other", **who)
    assert Event.objects.get(name="source.renamed").data == {"changes": {"name": ["repo 2", "other"]}}


@pytest.mark.django_db
def test_the_worker_skips_what_fails_and_looks_at_what_is_watched(tmp_path: Path) -> None:
    good, bad = Folder(tmp_path / "good"), Folder(tmp_path / "bad")
    good.write("a.yaml", component("orders"))
    bad_source = bad.source
    (tmp_path / "bad").rmdir()
    for source in (bad_source, good.source):
        actions.update(source, watched=True, actor=SYSTEM, now=START)
    assert jobs.refresh_due(START) == 2
    assert get("component:default/orders").source == good.source
    assert "doesn't exist" in Source.objects.get(name="bad").last_error
    assert jobs.refresh_due(START) == 0, "both were just looked at"
    events = Event.objects.count()
    assert jobs.refresh_due(START.replace(hour=10)) == 2
    assert Event.objects.count() == events, "a look that finds nothing new leaves no event"


@pytest.mark.django_db
def test_watching_reports_what_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(tmp_path / "repo")
    folder.write("a.yaml", component("orders"))
    folder.load()
    folder.write("a.yaml", component("orders", metadata="title: Changed"))
    monkeypatch.setattr(jobs, "WATCH_LOCAL_SECONDS", 0.01)
    seen: list[tuple[int, int]] = []
    jobs.watch([folder.source], workers=1, rounds=2, report=lambda _s, r: seen.append((r.updated, r.unchanged)))
    assert seen == [(1, 0), (0, 1)]


@pytest.mark.django_db
def test_two_imports_at_once_are_refused(tmp_path: Path) -> None:
    from awayteam.imports.lock import _file, import_lock

    folder = Folder(tmp_path / "repo")
    folder.write("a.yaml", component("orders"))
    with _file("import", 0), pytest.raises(Conflict), _file("import", 0):
        raise AssertionError("two hold the lock")
    with import_lock():
        pass
    assert engine.run(folder.source, actor=SYSTEM, now=START, workers=1, wait_seconds=0).created == 1
