"""What the rulebook may say, whole. Its sections are in `sections`, one documented field for each key.

To add a key: a field there with `rule(...)`, and its value in `defaults.toml`. Units stand in the name. A section is
added as a field of `Rulebook`. `awayteam rulebook document` writes the reference docs/rulebook.md from these files.
"""

from dataclasses import dataclass

from awayteam.kernel.rulebook.sections.asking import Discussions, Duplicates, Notifications, Requests, Roadmaps
from awayteam.kernel.rulebook.sections.budgeting import Allocations
from awayteam.kernel.rulebook.sections.experimenting import Experiments, Flags
from awayteam.kernel.rulebook.sections.forging import Forges
from awayteam.kernel.rulebook.sections.gating import Gate
from awayteam.kernel.rulebook.sections.ground import Accounts, Api, Calendar, Clocks, Lists, Outbox, Webhooks, Worker
from awayteam.kernel.rulebook.sections.knowing import Catalog, Contributions, Imports, Insights, Organisation
from awayteam.kernel.rulebook.sections.limiting import Quotas
from awayteam.kernel.rulebook.sections.succeeding import Succession
from awayteam.kernel.rulebook.sections.visiting import Credit, Engagements, Handovers, Reviews, Rounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """All sections. `version` is the hash of every value in force (not of the file's spelling); `overridden` holds the
    keys that the organisation's own file sets, as `section.key`."""

    accounts: Accounts
    allocations: Allocations
    api: Api
    calendar: Calendar
    catalog: Catalog
    clocks: Clocks
    contributions: Contributions
    credit: Credit
    discussions: Discussions
    duplicates: Duplicates
    engagements: Engagements
    experiments: Experiments
    flags: Flags
    forges: Forges
    gate: Gate
    handovers: Handovers
    imports: Imports
    insights: Insights
    lists: Lists
    notifications: Notifications
    organisation: Organisation
    outbox: Outbox
    quotas: Quotas
    requests: Requests
    reviews: Reviews
    roadmaps: Roadmaps
    rounds: Rounds
    succession: Succession
    webhooks: Webhooks
    worker: Worker
    version: str
    overridden: frozenset[str]
