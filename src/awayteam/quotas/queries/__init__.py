"""Every read of quotas."""

from awayteam.quotas.queries.lists import (
    LimitFilter,
    LimitRow,
    filter_of,
    limits,
    limits_of_entity,
    nodes,
    number,
    spikes,
    unanswered,
)
from awayteam.quotas.queries.previews import PreviewTold, preview, preview_of
from awayteam.quotas.queries.stories import LimitTold, Offer, SpikeTold, limit, spike

__all__ = [
    "LimitFilter",
    "LimitRow",
    "LimitTold",
    "Offer",
    "PreviewTold",
    "SpikeTold",
    "filter_of",
    "limit",
    "limits",
    "limits_of_entity",
    "nodes",
    "number",
    "preview",
    "preview_of",
    "spike",
    "spikes",
    "unanswered",
]
