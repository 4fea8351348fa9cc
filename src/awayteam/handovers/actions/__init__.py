"""Every write of handovers, deployments, defects, retrospectives and suggestions."""

from awayteam.handovers.actions.defects import Found, dismiss, dispute, fix, report, rule, take
from awayteam.handovers.actions.handing import Citation, accept, begin, refuse, submit, take_back
from awayteam.handovers.actions.lines import Shown, add_evidence, remove_evidence, reopen, tick, waive
from awayteam.handovers.actions.production import deploy, deploy_service
from awayteam.handovers.actions.retrospectives import look_back
from awayteam.handovers.actions.suggestions import put_aside

__all__ = [
    "Citation",
    "Found",
    "Shown",
    "accept",
    "add_evidence",
    "begin",
    "deploy",
    "deploy_service",
    "dismiss",
    "dispute",
    "fix",
    "look_back",
    "put_aside",
    "refuse",
    "remove_evidence",
    "reopen",
    "report",
    "rule",
    "submit",
    "take",
    "take_back",
    "tick",
    "waive",
]
