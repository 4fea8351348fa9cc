"""Every write of quotas."""

from awayteam.quotas.actions.answering import answer_spike, enforce_spike, shadow_spike
from awayteam.quotas.actions.counting import add_counts, read_log
from awayteam.quotas.actions.noting import find_spikes
from awayteam.quotas.actions.proxies import NewNode, add_node, revoke_node
from awayteam.quotas.actions.setting import enforce, set_limit, shadow, switch_off

__all__ = [
    "NewNode",
    "add_counts",
    "add_node",
    "answer_spike",
    "enforce",
    "enforce_spike",
    "find_spikes",
    "read_log",
    "revoke_node",
    "set_limit",
    "shadow",
    "shadow_spike",
    "switch_off",
]
