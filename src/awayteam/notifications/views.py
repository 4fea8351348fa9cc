"""Pages of one's inbox and wishes, what the foot of a mail leads to, and the calendar."""

import hashlib
from typing import Any

from django.core import signing
from django.http import HttpResponse, HttpResponseBase, HttpResponseNotModified, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import parse_etags
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.kernel import rulebook, subjects
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.events import Subject
from awayteam.kernel.pages import back, done, render, thing_address
from awayteam.kernel.requests import Request
from awayteam.notifications import actions, calendar_feed, queries
from awayteam.notifications.forms import CHANNEL_WORDS, TeamChannelForm, WishesForm
from awayteam.notifications.rules import GROUP_WORDS, Channel, Group, Level
from awayteam.notifications.sending import SALT
from awayteam.organisation import queries as organisation

STATES = ("unread", "read", "all")
MOST_IDS = 500


@require_safe
def inbox(request: Request) -> HttpResponse:
    """What one was told: unread first of all."""
    state, group = request.GET.get("state", "unread"), request.GET.get("group", "")
    if state not in STATES or (group and group not in set(Group)):
        raise InvalidInput("There is no such list of notifications.", f"Choose from {', '.join(STATES)}.")
    kind = request.GET.get("kind", "")[:30]
    shown = queries.inbox(request.actor, state=state, group=group, kind=kind, cursor=request.GET.get("cursor") or None)
    context = {
        "inbox": shown,
        "state": state,
        "group": group,
        "kind": kind,
        "groups": [(one.value, words, shown.unread.get(one, 0)) for one, words in GROUP_WORDS.items()],
        "group_words": {one.value: words for one, words in GROUP_WORDS.items()},
    }
    return render(request, "notifications/inbox.html", context)


@require_safe
def go(request: Request, id: int) -> HttpResponseBase:
    """To the page that a notification is about; it counts as read then."""
    row = queries.notification(request.actor, id)
    actions.read(actor=request.actor, now=timezone.now(), ids=[id])
    address = row.notification.address
    if row.hidden or not address:
        raise NotFound("What this was about isn't there any more, or you may not see it any more.")
    return HttpResponseRedirect(address)


@require_POST
def mark(request: Request) -> HttpResponseBase:
    """Mark notifications as read or unread: those chosen, or all that one has seen."""
    now, there = timezone.now(), back(request, reverse("notifications"))
    if "all" in request.POST:
        newest = request.POST.get("newest", "")
        up_to = int(newest) if newest.isdecimal() and len(newest) < 19 else None
        count = actions.read_all(actor=request.actor, now=now, up_to=up_to)
        return done(request, f"{count:,} notifications are read now.", there)
    ids = [int(text) for text in request.POST.getlist("id")[:MOST_IDS] if text.isdecimal() and len(text) < 19]
    if "unread" in request.POST:
        actions.unread(actor=request.actor, now=now, ids=ids)
        return done(request, "Marked as unread.", there)
    actions.read(actor=request.actor, now=now, ids=ids)
    return done(request, "Marked as read.", there)


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: Request) -> HttpResponseBase:
    """How one is told: by what, when, and when not."""
    now = timezone.now()
    own = queries.own_wishes(request.actor, now)
    form = WishesForm(request.POST or None, own)
    if request.method == "POST" and form.is_valid():
        changed = form.attempt(lambda: actions.prefer(actor=request.actor, now=now, **form.changes()))
        if changed:
            return done(request, "From now on you are told like this.", reverse("notification_preferences"))
    return render(
        request, "notifications/preferences.html", _settings(request, own, form), 422 if form.is_bound else 200
    )


def _settings(request: Request, own: queries.OwnWishes, form: WishesForm, **more: Any) -> dict[str, Any]:
    return {
        "own": own,
        "form": form,
        "channels": [(one, CHANNEL_WORDS[one], one in own.wishes.channels) for one in Channel],
        "groups": list(GROUP_WORDS.items()),
        "teams": queries.team_channels(request.actor),
        "levels": LEVEL_WORDS,
        "book": rulebook.current().notifications,
        **more,
    }


LEVEL_WORDS = {Level.ALL.value: "everything", Level.TURNS.value: "my turn and mentions", Level.MUTED.value: "nothing"}


@require_POST
def try_channel(request: Request) -> HttpResponseBase:
    where = actions.try_channel(actor=request.actor, now=timezone.now(), channel=request.POST.get("channel", ""))
    return done(request, f"A message went to {where}.", reverse("notification_preferences"))


@require_POST
def secret(request: Request) -> HttpResponseBase:
    """A new secret for one's webhook, shown this once."""
    plain = actions.new_webhook_secret(actor=request.actor, now=timezone.now())
    context = {
        "title": "The secret of your webhook",
        "secret": plain,
        "explained": "Your program checks messages by it.",
    }
    return render(request, "notifications/secret.html", context)


@require_POST
def calendar_make(request: Request) -> HttpResponseBase:
    """A new secret address for one's calendar, shown this once."""
    with_teams = bool(request.POST.get("with_teams"))
    made = actions.make_calendar(actor=request.actor, now=timezone.now(), with_teams=with_teams)
    address = request.build_absolute_uri(reverse("calendar", args=[made.token]))
    context = {
        "title": "The address of your calendar",
        "secret": address,
        "explained": "Give it to your calendar program. Whoever has it sees your clocks, so keep it to yourself.",
    }
    return render(request, "notifications/secret.html", context)


@require_POST
def calendar_revoke(request: Request) -> HttpResponseBase:
    actions.revoke_calendar(actor=request.actor, now=timezone.now())
    return done(request, "The address opens nothing any more.", reverse("notification_preferences"))


@require_safe
def following(request: Request) -> HttpResponse:
    """What one follows, and what one muted."""
    page = queries.following(request.actor, cursor=request.GET.get("cursor") or None)
    return render(request, "notifications/following.html", {"page": page, "levels": LEVEL_WORDS})


@require_POST
def follow(request: Request, kind: str, id: int) -> HttpResponseBase:
    """Choose what one hears of a subject or a team; "" takes the choice back."""
    wanted, now = request.POST.get("level", ""), timezone.now()
    if id not in subjects.seen(request, kind, [id]):
        raise NotFound(f"There is no {kind[:30]} {id}.")
    subject = Subject(kind, id, request.POST.get("label", "")[:300] or f"{kind} {id}")
    there = back(request, reverse("notification_following"))
    if not wanted:
        actions.unfollow(actor=request.actor, now=now, subject=subject)
        return done(request, "You hear of it as everybody does.", there)
    if wanted not in set(Level):
        raise InvalidInput(f"There is no level {wanted[:40]!r}.", f"Choose from {', '.join(Level)}.")
    actions.follow(actor=request.actor, now=now, subject=subject, level=Level(wanted))
    return done(request, f"You hear {LEVEL_WORDS[wanted]} of it.", there)


@require_http_methods(["GET", "HEAD", "POST"])
def team_channel(request: Request, namespace: str, name: str) -> HttpResponseBase:
    """Where a team reads what concerns it; for its leads and managers."""
    team = organisation.team(request.actor, f"group:{namespace}/{name}")
    row = queries.team_channel(request.actor, team)
    form = TeamChannelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given, now = form.cleaned_data, timezone.now()
        form.attempt(lambda: actions.set_team_channel(actor=request.actor, now=now, team=team, **given))
        if not form.errors:
            words = f"{team} reads it there now." if given["url"] else f"{team} has no channel any more."
            return done(request, words, thing_address(team.ref))
    context = {"row": row, "team": team, "form": form}
    return render(request, "notifications/team.html", context, status=422 if form.is_bound else 200)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: Request, token: str) -> HttpResponse:
    """End mails of a kind, from the foot of a mail: a page that asks, or one click of a mail program (RFC 8058).

    The signature of the address is all that it needs; a POST by anybody else is no good without it.
    """
    try:
        told = signing.loads(token, salt=SALT)
        person, groups = int(told["person"]), [str(one) for one in told["groups"]]
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        raise NotFound("This address ends nothing.", "Use the one at the foot of the newest mail.") from None
    words = [GROUP_WORDS[Group(one)] for one in groups if one in set(Group)]
    ended = request.method == "POST"
    if ended:
        actions.unsubscribe(person_id=person, groups=groups, now=timezone.now())
    return render(request, "notifications/unsubscribe.html", {"ended": ended, "words": words})


@require_safe
def calendar(request: Request, token: str) -> HttpResponseBase:
    """The calendar that a secret address opens; nobody signs in for it."""
    now = timezone.now()
    feed = queries.feed_of(token, now)
    body = calendar_feed.calendar(feed, now)
    actions.note_reading(feed, now)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response: HttpResponseBase
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


for view in (unsubscribe, calendar):
    view.open_to_all = True  # type: ignore[attr-defined]
