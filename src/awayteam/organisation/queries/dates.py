"""What held at a moment."""

from datetime import datetime

from django.db.models import Q


def dated(at: datetime | None, path: str = "") -> Q:
    """Memberships (reached by `path`) that hold at that moment; None: that have not ended."""
    if at is None:
        return Q(**{f"{path}ends__isnull": True})
    begun = Q(**{f"{path}starts__isnull": True}) | Q(**{f"{path}starts__lte": at})
    return begun & (Q(**{f"{path}ends__isnull": True}) | Q(**{f"{path}ends__gt": at}))
