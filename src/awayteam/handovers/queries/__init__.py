"""Every read of handovers, deployments, defects, retrospectives and suggestions."""

from awayteam.handovers.queries.defects import DefectStory, defect_story, defects
from awayteam.handovers.queries.looking_back import Answers, LookBack, looking_back
from awayteam.handovers.queries.serving import SelfService, self_service
from awayteam.handovers.queries.story import HandoverStory, handover_story, handovers, next_of
from awayteam.handovers.queries.warranty import WarrantyRow, carried, deployments, warranty

__all__ = [
    "Answers",
    "DefectStory",
    "HandoverStory",
    "LookBack",
    "SelfService",
    "WarrantyRow",
    "carried",
    "defect_story",
    "defects",
    "deployments",
    "handover_story",
    "handovers",
    "looking_back",
    "next_of",
    "self_service",
    "warranty",
]
