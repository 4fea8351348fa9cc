"""Every read of reviews, the pool and the register; each takes the actor first and gives frozen rows."""

from awayteam.reviews.queries.facts import facts_of, needed_for
from awayteam.reviews.queries.pool import PoolRow, pool
from awayteam.reviews.queries.register import RegisterFilter, RegisterRow, entry, entry_facets, register
from awayteam.reviews.queries.reviews import (
    Numbers,
    ReviewFilter,
    ReviewRow,
    Story,
    facets,
    numbers,
    of_subject,
    review,
    reviews,
    story,
)

__all__ = [
    "Numbers",
    "PoolRow",
    "RegisterFilter",
    "RegisterRow",
    "ReviewFilter",
    "ReviewRow",
    "Story",
    "entry",
    "entry_facets",
    "facets",
    "facts_of",
    "needed_for",
    "numbers",
    "of_subject",
    "pool",
    "register",
    "review",
    "reviews",
    "story",
]
