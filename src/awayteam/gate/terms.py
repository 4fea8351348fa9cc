"""The rulebook's section `[gate]` as the pure part needs it; the server and `awayteam check` read it the same way."""

from awayteam.gate.facts import Policy, Standards, Terms
from awayteam.kernel.rulebook.schema import Rulebook


def terms_of(book: Rulebook) -> Terms:
    """What is asked of changes."""
    section = book.gate
    return Terms(
        home_approvals=section.home_approvals,
        home_pushes=section.home_pushes,
        away_without_engagement=Policy(section.away_without_engagement),
        unowned=Policy(section.unowned),
        unknown_authors=Policy(section.unknown_authors),
        bots=Policy(section.bots),
        self_approval=section.self_approval,
        keep_stale_approvals=section.keep_stale_approvals,
        version=book.version,
    )


def standards_of(book: Rulebook) -> Standards:
    """Checks that must be green where the home team looks at nothing itself."""
    return Standards(book.gate.checks)
