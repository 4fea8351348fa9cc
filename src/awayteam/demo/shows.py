"""What away teams of the demonstration showed for review, and what became of it."""

from dataclasses import dataclass

Act = tuple[str, int, str]
"""(verb, working minutes after the act before, words)."""


@dataclass(frozen=True)
class Show:
    """A round of the visit with that title, shown so many `days` ago. `cites` is a section of a frozen standard."""

    visit: str
    title: str
    words: str
    days: float
    acts: tuple[Act, ...] = ()
    kind: str = "change"
    cites: str = "Tests"
    path: str = ""


INDEX = "Levels of one store by an index"
AUTHORISE = "Authorise before the address is checked"
DISCOUNTS = "Explain each discount with the price"

SHOWS = (
    Show(
        INDEX,
        "How the index is kept up to date",
        "The importer writes both; the terminal reads the index only.",
        13,
        (("approve", 190, "Good. Keep the importer's batches as they are."),),
        "design",
    ),
    Show(
        INDEX,
        "The table and its migration",
        "Built without a lock: copied, then swapped.",
        11,
        (
            ("request-changes", 130, "A migration can't be taken back within five minutes. Please add the way back."),
            ("resubmit", 300, "The old table stays for a week; going back is one switch."),
            ("approve", 95, ""),
        ),
        cites="Rollback",
        path="migrations/0042_levels.sql",
    ),
    Show(
        INDEX,
        "Reads go to the index, for one store first",
        "Behind a switch; compared with the old way for every tenth read.",
        7,
        (("silent", 0, ""), ("approve", 60, "Sorry, we were at the offsite. Looks right.")),
    ),
    Show(
        INDEX,
        "Alert when the index falls behind",
        "More than two minutes behind for five minutes wakes whoever is on call.",
        5,
        (("request-changes", 240, "The alert has no page in the runbook yet."),),
        cites="Alerts",
        path="alerts/levels.yaml",
    ),
    Show(
        INDEX,
        "Closed stores give no level",
        "They answered with the level of the last night.",
        8,
        (("silent", 0, ""), ("silent", 0, ""), ("silent", 0, "")),
    ),
    Show(
        INDEX,
        "Rename the importer",
        "So that both have names of the glossary.",
        3,
        (("withdraw", 60, "It isn't ours to rename; we wrote you a request instead."),),
    ),
    Show(
        INDEX, "All stores read the index", "The comparison found no difference in a week.", 3.8, (("silent", 0, ""),)
    ),
    Show(INDEX, "The old query goes", "Nobody has read it since last week.", 0.12),
    Show(
        AUTHORISE,
        "Both steps at once: how a refusal is undone",
        "An authorisation is voided within a second when the address is refused.",
        15,
        (
            ("demand", 320, "Please move the whole flow to the new workflow engine while you are there."),
            ("refuse", 200, "Nothing in the frozen standards asks for it, and it would take a month. It is advice."),
            ("approve", 120, "Then so. The void must be in the ledger."),
        ),
        "design",
    ),
    Show(
        AUTHORISE,
        "Void an authorisation",
        "With the ledger entry that was asked for.",
        12,
        (("approve", 150, "I ran it against the sandbox of the provider."),),
    ),
    Show(
        AUTHORISE, "Start the address check beside it", "Switched on for one in a hundred.", 3, (("approve", 70, ""),)
    ),
    Show(AUTHORISE, "Order of steps for Spain", "Its provider wants the address first.", 0.1),
    Show(
        DISCOUNTS,
        "The shape of an explanation",
        "A list of rules in the order in which they were applied.",
        30,
        (("approve", 260, ""),),
        "design",
    ),
    Show(
        DISCOUNTS,
        "Rules carry their names",
        "Each rule says its name and its version.",
        26,
        (
            ("request-changes", 110, "`calc2` isn't in the glossary."),
            ("resubmit", 60, "It is `bundle-price` now."),
            ("approve", 40, ""),
        ),
        cites="Names",
        path="rules/bundles.py",
    ),
    Show(
        DISCOUNTS,
        "Explain with the price",
        "10 ms more at the 95th percentile, only where it is asked for.",
        20,
        (
            ("demand", 200, "We need it in the batch export as well."),
            ("grant", 300, "The export reads the same code; without it the two would differ. Three days are fair."),
            ("resubmit", 900, "The export explains as well."),
            ("approve", 130, "Thank you."),
        ),
    ),
    Show(
        DISCOUNTS,
        "Support reads it out",
        "In the words of the glossary.",
        9,
        (("advise", 60, "Contact Centre has a list of words that customers don't like."), ("approve", 90, "")),
    ),
)

HOURS = (
    (INDEX, 13, 90, "Walked the away team through the importer"),
    (INDEX, 6, 60, "Pairing on the switch"),
    (AUTHORISE, 14, 120, "Explained the ledger"),
    (DISCOUNTS, 29, 180, "How rules are versioned"),
    (DISCOUNTS, 8, 45, "Questions about names"),
)
"""(visit, days ago, minutes, for what)."""
