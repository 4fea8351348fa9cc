"""Pages of discussions: what a story's page embeds, and a page for a discussion alone."""

from urllib.parse import urlsplit

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.discussions import actions, queries
from awayteam.discussions.models import Comment
from awayteam.discussions.permissions import Verb, can
from awayteam.kernel import markdown, rulebook
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.events import Subject
from awayteam.kernel.pages import PageForm, back, done, render
from awayteam.kernel.requests import Request
from awayteam.notifications.rules import Level

LONGEST_PREVIEW = 100_000


class CommentForm(PageForm):
    text = forms.CharField(
        label="Comment",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Markdown. @name tells a person or a team.",
    )


@require_safe
def discussion(request: Request, kind: str, id: int) -> HttpResponse:
    """A discussion alone, for subjects whose page doesn't show it, and for what is older than the page shows."""
    subject, address = queries.subject_of(request.actor, kind, id)
    context = queries.box(request, subject, address=address)
    return render(request, "discussions/discussion.html", context)


@require_POST
def comment(request: Request, kind: str, id: int) -> HttpResponseBase:
    """Say something; with the button `preview` it is only shown as it would look."""
    subject, address = queries.subject_of(request.actor, kind, id)
    form = CommentForm(request.POST)
    answered = _answered(request)
    if "preview" in request.POST:
        return _draft(request, subject, address, form, answered)
    if form.is_valid():
        text, now = form.cleaned_data["text"], timezone.now()
        made = form.attempt(
            lambda: actions.comment(actor=request.actor, now=now, subject=subject, text=text, reply_to=answered)
        )
        if made:
            there = back(request, address or reverse("discussion", args=[kind, id]))
            return done(
                request, "Your comment is there.", f"{urlsplit(there)._replace(fragment='').geturl()}#comment-{made.pk}"
            )
    return _draft(request, subject, address, form, answered, status=422)


def _answered(request: Request) -> Comment | None:
    text = request.POST.get("reply_to", "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise InvalidInput("There is no such comment to answer.")
    return queries.comment(request.actor, int(text))


def _draft(
    request: Request, subject: Subject, address: str, form: CommentForm, answered: Comment | None, status: int = 200
) -> HttpResponse:
    """The comment as it would look, with the form to go on with."""
    context = {
        "subject": subject,
        "address": address or reverse("discussion", args=[subject.kind, subject.id]),
        "form": form,
        "answered": answered,
        "html": _html(request, request.POST.get("text", "")),
        "next": back(request, address),
    }
    return render(request, "discussions/draft.html", context, status=status)


def _html(request: Request, text: str) -> str:
    parsed = markdown.parse(text[:LONGEST_PREVIEW])
    return parsed.html(markdown.resolve(request.actor, parsed.names))


@require_POST
def preview(request: Request) -> HttpResponse:
    """The fragment that shows a comment while it is written."""
    return render(request, "discussions/preview.html", {"html": _html(request, request.POST.get("text", ""))})


@require_POST
def follow(request: Request, kind: str, id: int) -> HttpResponseBase:
    """Hear everything of a subject, less, or what one hears anyway ("" as the level)."""
    subject, address = queries.subject_of(request.actor, kind, id)
    wanted, now = request.POST.get("level", ""), timezone.now()
    there = back(request, address or reverse("discussion", args=[kind, id]))
    if not wanted:
        actions.unsubscribe(actor=request.actor, now=now, subject=subject)
        return done(request, "You hear only what concerns you or your teams.", there)
    if wanted not in set(Level):
        raise InvalidInput(f"There is no level {wanted[:40]!r}.", f"Choose from {', '.join(Level)}.")
    actions.subscribe(actor=request.actor, now=now, subject=subject, level=Level(wanted))
    words = {
        Level.ALL: "You hear of everything here.",
        Level.TURNS: "You hear only of your turn and of mentions.",
        Level.MUTED: "You hear only what names you.",
    }
    return done(request, words[Level(wanted)], there)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, id: int) -> HttpResponseBase:
    """Change one's comment. Whoever sent the form read the version that `number` names."""
    found = queries.comment(request.actor, id)
    now = timezone.now()
    can(request.actor, Verb.EDIT, found, now).require()
    subject, address = queries.subject_of(request.actor, found.subject_kind, found.subject_id)
    form = CommentForm(request.POST or None, initial={"text": found.text})
    there = back(request, address or reverse("discussion", args=[subject.kind, subject.id]))
    shown = request.POST.get("text", "") if "preview" in request.POST else None
    if request.method == "POST" and shown is None and form.is_valid():
        number = request.POST.get("number", "")
        found.number = int(number) if number.isdecimal() and len(number) < 10 else 0
        text = form.cleaned_data["text"]
        if form.attempt(lambda: actions.edit(actor=request.actor, now=now, comment=found, text=text)):
            return done(request, "Your comment is changed.", f"{there}#comment-{found.pk}")
    context = {
        "comment": found,
        "subject": subject,
        "address": there,
        "form": form,
        "minutes": rulebook.current().discussions.edit_minutes,
        "html": _html(request, shown) if shown is not None else None,
    }
    return render(request, "discussions/edit.html", context, status=422 if form.is_bound and shown is None else 200)


@require_POST
def delete(request: Request, id: int) -> HttpResponseBase:
    found = queries.comment(request.actor, id)
    reason = request.POST.get("reason", "")[:2000]
    actions.delete(actor=request.actor, now=timezone.now(), comment=found, reason=reason)
    _subject, address = queries.subject_of(request.actor, found.subject_kind, found.subject_id)
    there = back(request, address or reverse("discussion", args=[found.subject_kind, found.subject_id]))
    return done(request, "The comment is deleted.", f"{there}#comment-{found.pk}")


@require_safe
def versions(request: Request, id: int) -> HttpResponse:
    """How a comment read before; for its author and administrators."""
    found = queries.comment(request.actor, id)
    earlier = queries.versions(request.actor, found, timezone.now())
    subject, address = queries.subject_of(request.actor, found.subject_kind, found.subject_id)
    address = address or reverse("discussion", args=[subject.kind, subject.id])
    context = {"comment": found, "earlier": earlier, "subject": subject, "address": address}
    return render(request, "discussions/versions.html", context)
