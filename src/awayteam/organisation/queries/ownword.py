"""What people say of themselves alone, in no file and by no sign-in: no right may rest on it."""

from django.db.models import F, Q

from awayteam.organisation.models import Confidence, FactEdit

OWN_WORD = Q(confidence=Confidence.DECLARED, source__isnull=True) & ~Q(evidence="")
"""Identities that people typed of themselves; an administrator's word is confirmed, a file's has a source."""


def typed_addresses() -> dict[int, str]:
    """Who typed their own e-mail address (by number), and what a source says in its place, "" where none does."""
    rows = FactEdit.objects.filter(field="email", ended_at__isnull=True, person__isnull=False, made_by=F("person"))
    return {pk: said if isinstance(said, str) else "" for pk, said in rows.values_list("person", "declared")}
