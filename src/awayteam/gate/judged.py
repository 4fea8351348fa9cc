"""What judging a change gave."""

from dataclasses import dataclass
from datetime import datetime

from awayteam.gate.models import Change, Judgement
from awayteam.gate.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict about a change, and the row that holds it: a new one only where it came out differently (`is_new`).

    `public` is the verdict as everybody may read it, such as strangers on a forge: what is restricted isn't named.
    `again_at` is when it must be judged again by itself, None: when something happens.
    """

    change: Change
    verdict: Verdict
    public: Verdict
    judgement: Judgement
    is_new: bool
    again_at: datetime | None = None
