"""What the people of the shop said to each other, so that their pages have discussions and notifications to show."""

from datetime import timedelta

from django.core import signing
from django.utils import timezone

from awayteam.accounts.actors import actor_of_user
from awayteam.accounts.models import User
from awayteam.catalog.models import Entity
from awayteam.discussions import actions
from awayteam.discussions.models import Comment
from awayteam.kernel.events import Subject
from awayteam.notifications.sending import SALT
from awayteam.organisation.models import Person


def talk() -> None:
    """Sam asks Ada about the basket; Ada answers, changes her answer, and takes another one back."""
    now = timezone.now() - timedelta(hours=2)
    ada, sam = (actor_of_user(User.objects.get(username=name), now) for name in ("ada", "sam"))
    basket = Entity.objects.get(ref="component:default/basket")
    about = Subject("entity", basket.pk, "Basket")
    asked = actions.comment(actor=sam, now=now, subject=about, text="@ada, does it keep **empty** baskets? See #17.")
    answer = actions.comment(actor=ada, now=now, subject=about, text="Yes.", reply_to=asked)
    actions.edit(actor=ada, now=now, comment=answer, text="Yes, for a week, says @orders.")
    rash = actions.comment(actor=ada, now=now, subject=about, text="Read the manual.")
    actions.delete(actor=ada, now=now, comment=rash)


def discussion() -> str:
    return f"/discussions/entity/{Entity.objects.get(ref='component:default/basket').pk}/"


def answer() -> Comment:
    """Ada's comment, which she changed."""
    return Comment.objects.get(number=2, deleted_at=None)


def mail_foot() -> str:
    """What the foot of a mail to Ada leads to."""
    token = signing.dumps({"person": Person.objects.get(name="ada").pk, "groups": ["mention"]}, salt=SALT)
    return f"/notifications/unsubscribe/{token}/"
