"""What the ledger answers: totals by kind, entries with their evidence, disputes."""

from awayteam.credit.queries.entries import EntryRow, entries, entries_about, entries_of, entry, number
from awayteam.credit.queries.filters import CreditFilter, filter_of
from awayteam.credit.queries.stories import DisputeTold, EntryTold, Evidence, dispute, told
from awayteam.credit.queries.totals import Part, Total, parts, totals

__all__ = [
    "CreditFilter",
    "DisputeTold",
    "EntryRow",
    "EntryTold",
    "Evidence",
    "Part",
    "Total",
    "dispute",
    "entries",
    "entries_about",
    "entries_of",
    "entry",
    "filter_of",
    "number",
    "parts",
    "told",
    "totals",
]
