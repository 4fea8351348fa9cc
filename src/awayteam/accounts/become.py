"""Becoming somebody else, in the demonstration only: every person has an account, and a menu signs in with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.conf import settings
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest

from awayteam.accounts import permissions
from awayteam.accounts.actors import actor_of
from awayteam.accounts.models import User
from awayteam.accounts.permissions import Verb
from awayteam.accounts.rules import person_name
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.events import EventName, Subject, append
from awayteam.kernel.requests import Request
from awayteam.organisation.models import Person

BACKEND = "django.contrib.auth.backends.ModelBackend"
SESSION_KEY = "awayteam-became"


@dataclass(frozen=True, slots=True)
class Banner:
    """What the banner of the demonstration says: as whom one looks around, and whether that was chosen."""

    label: str
    person_id: int | None
    chosen: bool


def banner(request: Request) -> Banner | None:
    """None outside the demonstration."""
    if not settings.DEMO:
        return None
    return Banner(request.actor.label, request.actor.person_id, SESSION_KEY in request.session)


def become(request: HttpRequest, person_id: int, *, now: datetime) -> Actor:
    """Go on as this person; the new actor. Raises `NotAllowed` outside the demonstration, `NotFound` for nobody."""
    before = cast(Request, request).actor
    permissions.can(before, Verb.BECOME, None, now).require()
    person = Person.objects.filter(pk=person_id, left_at__isnull=True).first()
    if person is None:
        raise NotFound("There is no such person.")
    _sign_in(request, account_of(person))
    request.session[SESSION_KEY] = True
    actor = cast(Request, request).actor = actor_of(request, now)
    append(EventName.PERSON_BECOME, subject=Subject("person", person.pk, str(person)), actor=before, now=now)
    return actor


def visit(request: HttpRequest, *, now: datetime) -> Actor | None:
    """Let a visitor of the demonstration in as the person of the setting DEMO_PERSON; None where there is none."""
    if not (settings.DEMO and settings.DEMO_PERSON):
        return None
    person = Person.objects.filter(ref=settings.DEMO_PERSON, left_at__isnull=True).first()
    if person is None:
        return None
    _sign_in(request, account_of(person))
    return actor_of(request, now)


def _sign_in(request: HttpRequest, user: User) -> None:
    login(request, user, backend=BACKEND)


@transaction.atomic
def account_of(person: Person) -> User:
    """The person's account, made where there is none; it has no password, so only this menu leads into it."""
    user = User.objects.filter(person=person).first()
    if user is not None:
        return user
    base = person_name([person.name])[:100]
    name = base if not User.objects.filter(username=base).exists() else f"{base}-{person.pk}"
    return User.objects.create_user(username=name, person=person)
