"""Credit in the shop of the page tests: thanks for a request, one of them disputed."""

from datetime import datetime

from awayteam.credit import actions
from awayteam.credit.deriving import derive
from awayteam.credit.models import Dispute, Entry
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import Subject
from awayteam.organisation.models import Person
from awayteam.requests.tests import shop as requests


def build(ada: Actor, sam: Actor, now: datetime) -> None:
    """Sam thanks Ada for two things; Ada disputes one. Only what the shop's requests gave is there besides."""
    person = Person.objects.get(pk=ada.person_id)
    for title, words in (
        ("Baskets by mail", "She said yes within an hour, and <b>why</b>."),
        ("Share a basket <soon>", "For asking back before saying no."),
    ):
        about = Subject("request", requests.number(title), "")
        made = actions.thank(person, about, actor=sam, now=now, words=words)
    actions.dispute(made, actor=ada, now=now, words="It was Sam's own idea.")
    derive(now)


def entry(disputed: bool = False) -> int:
    """The number of an entry."""
    return Entry.objects.filter(kind="thanks", disputes__isnull=not disputed).values_list("pk", flat=True)[0]


def dispute() -> int:
    return Dispute.objects.values_list("pk", flat=True)[0]
