"""Every write of changes: what origins tell, verdicts, emergencies; each in one transaction with its event."""

from awayteam.gate.actions.changes import Told, record, record_checks, record_reviews
from awayteam.gate.actions.emergencies import allow_in_emergency
from awayteam.gate.actions.judging import judge

__all__ = ["Told", "allow_in_emergency", "judge", "record", "record_checks", "record_reviews"]
