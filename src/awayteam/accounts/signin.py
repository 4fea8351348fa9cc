"""Who somebody is who signs in: the person of the organisation that a verified e-mail or a handle proves, or a new one.

An unverified e-mail proves nothing: anybody could have typed it. Neither does a guess of ours about an identity.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.db import transaction

from awayteam.accounts.actors import actor_of_user
from awayteam.accounts.models import User
from awayteam.accounts.rules import ACCOUNTS_NAMESPACE, Claim, person_name
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import EventName, Subject, append
from awayteam.organisation.models import Confidence, Identity, Membership, Person

HANDLES = {"github": "login", "gitlab": "username"}
"""Where each provider's answer has the handle. OpenID Connect has none that one couldn't often choose freely."""
PROVING = (Confidence.CONFIRMED, Confidence.DECLARED)
OWN_REF = f"user:{ACCOUNTS_NAMESPACE}/"


def claims_of(user: User) -> list[Claim]:
    """What is proven about an account: its verified e-mail addresses, and its handles at providers."""
    emails = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "pk")
    accounts = SocialAccount.objects.filter(user=user).order_by("pk")
    return [Claim("email", row.email) for row in emails] + _handles(accounts)


def claims_of_login(login: SocialLogin) -> list[Claim]:
    """The same of somebody who comes back from a provider and has no account yet."""
    emails = [Claim("email", each.email) for each in login.email_addresses if each.verified]
    return emails + _handles([login.account])


def _handles(accounts: Iterable[SocialAccount]) -> list[Claim]:
    found = []
    for account in accounts:
        value = account.extra_data.get(HANDLES.get(account.provider, ""), "")
        if isinstance(value, str) and value:
            found.append(Claim(account.provider, value[:320]))
    return found


def person_of(claims: Sequence[Claim]) -> Person | None:
    """The person whom the first claim names that names just one; None where none does."""
    for claim in claims:
        identity = Identity.objects.select_related("person").filter(
            provider=claim.provider, value_key=claim.key, confidence__in=PROVING
        )
        people = {row.person for row in identity}
        if claim.provider == "email":
            people |= set(Person.objects.filter(email__iexact=claim.value))
        imported = {person for person in people if not person.ref.startswith(OWN_REF)} or people
        if len(imported) == 1:
            return imported.pop()
    return None


@transaction.atomic
def settle_person(user: User, now: datetime) -> Person:
    """Give the account its person: who is proven, else who it has, else a new one. Called at every sign-in.

    An account that was linked to an imported person stays with that one; only an administrator changes that.
    """
    user = User.objects.select_for_update(of=("self",)).select_related("person").get(pk=user.pk)
    present = user.person
    if present is not None and not present.ref.startswith(OWN_REF):
        return present
    claims = claims_of(user)
    proven = person_of(claims)
    if proven is not None and User.objects.filter(person=proven).exclude(pk=user.pk).exists():
        proven = None
    person = proven or present or _new_person(user, now)
    if person != present:
        _link(user, person, present, claims, now)
    return person


def _new_person(user: User, now: datetime) -> Person:
    base = person_name([user.get_username(), user.email.partition("@")[0]])
    taken = set(Person.objects.filter(ref__startswith=OWN_REF + base).values_list("ref", flat=True))
    numbers = range(2, len(taken) + 3)
    ref = next(ref for ref in (OWN_REF + base, *(f"{OWN_REF}{base}-{n}" for n in numbers)) if ref not in taken)
    person = Person.objects.create(ref=ref, name=ref.removeprefix(OWN_REF), display_name=user.get_full_name()[:300])
    append(EventName.PERSON_CREATED, subject=_subject(person), actor=_actor(user, now), now=now, reason="first sign-in")
    return person


def _link(user: User, person: Person, placeholder: Person | None, claims: Sequence[Claim], now: datetime) -> None:
    user.person = person
    user.save(update_fields=["person"])
    if placeholder is not None:
        _take_over(placeholder, person, now)
    for claim in claims:
        _confirm(person, claim, now)
    append(
        EventName.PERSON_LINKED,
        subject=_subject(person),
        actor=_actor(user, now),
        now=now,
        reason="sign-in",
        data={
            "account": user.get_username(),
            "proofs": [f"{claim.provider}:{claim.value}" for claim in claims],
            "instead_of": placeholder.ref if placeholder else None,
        },
    )


def _take_over(placeholder: Person, person: Person, now: datetime) -> None:
    """What was entered for the person made at first sign-in belongs to the imported one from now on."""
    held = set(Membership.objects.filter(person=person, ends__isnull=True).values_list("team_id", "role"))
    for membership in Membership.objects.filter(person=placeholder):
        if membership.ends is None and (membership.team_id, membership.role) in held:
            membership.ends = max(now, membership.starts or now)
        membership.person = person
        membership.save(update_fields=["person", "ends"])
    Identity.objects.filter(person=placeholder).update(person=person)
    placeholder.left_at = now
    placeholder.save(update_fields=["left_at"])


def _confirm(person: Person, claim: Claim, now: datetime) -> None:
    row, made = Identity.objects.get_or_create(
        provider=claim.provider,
        value_key=claim.key,
        defaults={
            "person": person,
            "value": claim.value,
            "confidence": Confidence.CONFIRMED,
            "evidence": "signed in with it",
            "created_at": now,
        },
    )
    if not made and row.person_id == person.pk and row.confidence != Confidence.CONFIRMED:
        row.confidence, row.evidence = Confidence.CONFIRMED, "signed in with it"
        row.save(update_fields=["confidence", "evidence"])


def _subject(person: Person) -> Subject:
    return Subject("person", person.pk, str(person))


def _actor(user: User, now: datetime) -> Actor:
    return actor_of_user(user, now)
