# ruff: noqa: E501 - texts read better whole
"""The designer teaches in place: why each field matters, and an example that is worked out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lesson:
    why: str
    example: str


LESSONS = {
    "hypothesis": Lesson(
        "Written before anybody looks, it says what would surprise you. Without it every result can be explained afterwards.",
        "One page for paying lets more visitors buy, because a fifth of them give up between the pages. Buyers rise by 2%.",
    ),
    "unit": Lesson(
        "What is assigned to an arm, and stays there. If people share a device or a company shares a price, the larger "
        "thing is the unit; else one sees both arms.",
        "user for a page, account for a price, device where nobody signs in.",
    ),
    "arms": Lesson(
        "The first arm is as it is now: the control. Equal shares find the smallest effect with a given traffic; every "
        "further arm costs some of it.",
        "control 50, one-page 50. With a risky change start with little traffic, not with a small arm.",
    ),
    "metrics": Lesson(
        "Success is what must improve; the fewer, the more power. Guardrails are what must not get worse by more than "
        "their margin: silence is no proof, so the margin decides how much must be measured.",
        "Success: buyers, smallest change 2%. Guardrails: waiting time within 5%, complaints within 10%.",
    ),
    "effect": Lesson(
        "The smallest change that would change what you do. Half the effect needs four times the units.",
        "2% more buyers is worth building it; 0.1% isn’t. 30% buy now: finding 2% needs some 180,000 visitors.",
    ),
    "runtime": Lesson(
        "Whole weeks, for weekends are different; and until the sample is reached. Stopping at the first good day finds "
        "effects that aren’t there: of 100 looks at a fixed test one in three alarms is false. Sequential intervals may "
        "be looked at every day.",
        "20,000 visitors a day and 180,000 needed: 9 days, so 14.",
    ),
    "layer": Lesson(
        "Experiments in one layer exclude each other; the surface is what people see. Two changes of the same page in no "
        "common layer change each other’s results.",
        "Layer checkout, surface checkout page.",
    ),
    "ramp": Lesson(
        "More traffic step by step, so that a bad change hurts few. A step is taken only where the scorecard is sound and "
        "every guardrail holds; one that is broken stops the run.",
        "24 20, then 48 100: a fifth after a day, all after two.",
    ),
    "segments": Lesson(
        "Groups to look at, named before. Those found afterwards in the data are ideas for the next experiment: among "
        "twenty groups one differs by chance.",
        "country, new-visitor.",
    ),
    "cuped": Lesson(
        "What units did before the start can’t depend on the arm; taking it out makes intervals narrower, often by a third.",
        "14 days before, where most visitors come back.",
    ),
}  # fmt: skip
