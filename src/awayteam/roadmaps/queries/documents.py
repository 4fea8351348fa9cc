"""Documents of a team: lists, one version, and what changed between two."""

from collections.abc import Sequence
from dataclasses import dataclass

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.organisation.models import Team
from awayteam.roadmaps.models import Document, DocumentVersion
from awayteam.roadmaps.permissions import visible
from awayteam.roadmaps.rules.diff import DiffLine, diff


def documents(actor: Actor, team: Team) -> list[Document]:
    """Documents of a team, the last written first; one statement."""
    return list(visible(actor, Document.objects.filter(team=team)).order_by("-updated_at", "pk"))


def document(actor: Actor, team: Team, slug: str) -> Document:
    """The document at this address. Raises `NotFound`."""
    rows = Document.objects.select_related("team__parent").filter(team=team, slug=slug)
    found = visible(actor, rows).first()
    if found is None:
        raise NotFound(f"{team} has no document {slug[:80]!r}.", "Look at the list of its documents.")
    return found


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A version of a document, and all versions, the newest first (without their texts)."""

    document: Document
    shown: DocumentVersion
    versions: Sequence[DocumentVersion]


def read(document: Document, number: int | None = None) -> DocumentView:
    """The newest version of a document, or the one with that number. Raises `NotFound`."""
    versions = list(document.versions.select_related("written_by").defer("text").order_by("-number"))
    wanted = document.latest if number is None else number
    shown = document.versions.select_related("written_by").filter(number=wanted).first()
    if shown is None:
        raise NotFound(f"There is no version {wanted} of {document}.", f"It has {document.latest}.")
    return DocumentView(document, shown, versions)


def compare(document: Document, old: int, new: int) -> tuple[DocumentVersion, DocumentVersion, list[DiffLine]]:
    """Two versions and what changed from the first to the second, line by line. Raises `NotFound`."""
    before, after = read(document, old).shown, read(document, new).shown
    return before, after, diff(before.text, after.text)
