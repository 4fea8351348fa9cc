"""What the numbers recommend: ship if a success metric improves and no guardrail may be worse than its margin. Pure.

Schultzberg, Ankargren and Frånberg (2024), "Risk-aware product decisions in A/B tests with multiple metrics".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["ship", "don't ship", "discuss", "invalid"]


@dataclass(frozen=True)
class Advice:
    """The outcome for one arm, with its reasons; `unknown` is what the data don't say."""

    arm: str
    outcome: Outcome
    reasons: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def advise(arm: str, rows: Sequence[dict[str, Any]], blocked: Sequence[str], progress: float | None) -> Advice:
    """`rows` are the arm's metrics as the scorecard has them; `progress` the share of planned units that were seen."""
    if blocked:
        return Advice(arm, "invalid", tuple(blocked), ("Everything: find out why units came in as they did.",))
    if broken := [row for row in rows if row["broken"] and row["role"] != "information"]:
        reasons = [f"{row['name']} couldn't be computed" for row in broken]
        return Advice(arm, "invalid", tuple(reasons), tuple(f"{row['name']}: {row['notes'][0]}" for row in broken))
    better, worse, harmed, open_guards, safe = [], [], [], [], 0
    for row in rows:
        name = row["name"]
        if row["role"] == "guardrail":
            if row["inferior"]:
                harmed.append(name)
            elif row["non_inferior"]:
                safe += 1
            else:
                open_guards.append(name)
        elif row["role"] == "success":
            if row["better"]:
                better.append(name)
            elif row["worse"]:
                worse.append(name)
    reasons = [f"better: {', '.join(better)}"] if better else ["no success metric improved"]
    for text, names in (("worse", worse), ("guardrail worse than bearable", harmed),
                        ("guardrail may be worse than bearable", open_guards)):  # fmt: skip
        reasons += [f"{text}: {', '.join(names)}"] if names else []
    reasons += [f"{safe} guardrail{'s' if safe > 1 else ''} safe"] if safe else []
    unknown = [f"{row['name']}: {note}" for row in rows for note in row["notes"]]
    if progress is not None and progress < 1:
        unknown.append(f"{progress:.0%} of the planned units are in: what isn't found yet may still be")
    outcome: Outcome
    if better and not (worse or harmed or open_guards):
        outcome = "ship"
    elif all(row["p"] is None for row in rows if row["role"] == "success"):
        outcome = "discuss"
        reasons[0] = "no success metric could be judged"
    elif (harmed or worse) and not better:
        outcome = "don't ship"
    elif better or (progress is not None and progress < 1):  # what isn't found yet may still be
        outcome = "discuss"
    else:
        outcome = "don't ship"
    return Advice(arm, outcome, tuple(reasons), tuple(unknown))
