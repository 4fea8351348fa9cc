"""The public register as an Atom feed."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.utils.feedgenerator import Atom1Feed

from awayteam.reviews.queries import RegisterRow


def atom(rows: Sequence[RegisterRow], *, address: str, site: str) -> str:
    """The entries, the newest first; `address` is the feed's own, `site` the start of every link."""
    updated = max((row.entry.changed_at for row in rows), default=datetime(2000, 1, 1, tzinfo=UTC))
    made = Atom1Feed(
        title="Register of overrides and deviations", link=f"{site}/register/", description="", feed_url=address,
        subtitle="Decisions against the word of a bar raiser, emergencies, and deviations from common practice.",
    )  # fmt: skip
    for row in rows:
        one = row.entry
        said = [row.reason, f"Looked at again: {row.outcome}. {row.happened}" if row.outcome else ""]
        made.add_item(
            title=f"{one.get_kind_display()}: {row.title}", link=f"{site}{row.address}",
            description="\n\n".join(text for text in said if text), author_name=one.decider_label,
            unique_id=f"{site}{row.address}", pubdate=one.decided_at, updateddate=one.changed_at,
            categories=[one.kind, *([one.field] if one.field else [])],
        )  # fmt: skip
    made.latest_post_date = lambda: updated  # type: ignore[method-assign] # of the rows, not of now
    return made.writeString("utf-8")
