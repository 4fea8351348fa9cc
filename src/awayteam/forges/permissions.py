"""Who may see forges, and look after them.

That there are forges, how they do and how fast teams answer there is open to everybody who is signed in; settings,
accounts and deliveries are the administrators'.
"""

from awayteam.forges.models import Forge
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotAllowed, NotFound
from awayteam.kernel.permissions import Decision, administrators_only, seen_by_all


def can_view(actor: Actor) -> Decision:
    """Whether the actor sees that there are forges, and how they do."""
    return seen_by_all(actor, "forges", viewing=True)


def can_keep(actor: Actor) -> Decision:
    """Whether the actor may set forges up, and link accounts."""
    return administrators_only(actor, "look after forges")


def inside(actor: Actor) -> None:
    """Raise `NotAllowed` for whoever may not see settings, accounts and deliveries. A token that reads may."""
    if not actor.is_administrator:
        raise NotAllowed("Only administrators see a forge's settings, accounts and deliveries.")


def load(actor: Actor, word: str | int) -> Forge:
    """A forge by name or number. Raises `NotAllowed` for those who aren't signed in, `NotFound`."""
    can_view(actor).require()
    by = {"pk": word} if isinstance(word, int) else {"name": word}
    found = Forge.objects.filter(**by).first()
    if found is None:
        raise NotFound(f"There is no forge {str(word)[:60]!r}.", "`awayteam forge list` names those that there are.")
    return found
