"""What an engagement froze at kick-off, as the rules of rounds take it."""

from awayteam.engagements.models import BaselineItem, Engagement, Standard
from awayteam.rounds.rules import Frozen, Known


def frozen_of(engagement: Engagement) -> Frozen:
    """Texts of its standards and its baseline; two statements."""
    texts = dict(Standard.objects.filter(engagement=engagement).values_list("pk", "text"))
    rows = BaselineItem.objects.filter(engagement=engagement).order_by("kind", "key")
    known = [Known(*row) for row in rows.values_list("pk", "kind", "key", "words", "value")]
    return Frozen(texts, known)
