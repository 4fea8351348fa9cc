"""What insights answer: all figures of a question, and the cases behind each."""

from awayteam.insights.queries.figures import Figures, Line, Part, Point, Timed, figures
from awayteam.insights.queries.listing import CaseRow, Which, cases, measure_of, number

__all__ = [
    "CaseRow",
    "Figures",
    "Line",
    "Part",
    "Point",
    "Timed",
    "Which",
    "cases",
    "figures",
    "measure_of",
    "number",
]
