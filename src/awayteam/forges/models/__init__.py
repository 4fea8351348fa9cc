"""State of forges: which there are, what they told, and whom and what they know."""

from awayteam.forges.models.access import (
    AccessMark,
    ForgeGrant,
    GrantEnd,
    Reconciliation,
    RepositoryAccess,
    StrayRight,
)
from awayteam.forges.models.forges import (
    AccountLink,
    DeliveryState,
    Forge,
    ForgeAccount,
    ForgeBypass,
    ForgeChange,
    ForgeDelivery,
    ForgeIssue,
    ForgeRepository,
    ForgeState,
)

__all__ = [
    "AccessMark",
    "AccountLink",
    "DeliveryState",
    "Forge",
    "ForgeAccount",
    "ForgeBypass",
    "ForgeChange",
    "ForgeDelivery",
    "ForgeGrant",
    "ForgeIssue",
    "ForgeRepository",
    "ForgeState",
    "GrantEnd",
    "Reconciliation",
    "RepositoryAccess",
    "StrayRight",
]
