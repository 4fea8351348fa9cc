"""What every part of the REST interface shares: problem details, JSON, ETags, pages, limits, and how one signs in.

`Api` is the ninja API with all of it; routers of the apps take `Problem`, `Ref` and the page helpers from here.
"""

from awayteam.kernel.rest.api import Api
from awayteam.kernel.rest.auth import actor_of
from awayteam.kernel.rest.etags import guarded
from awayteam.kernel.rest.fields import Cursor, Id, Moment, Name, Reason, Text, Word
from awayteam.kernel.rest.pages import Body, PageOf, Paging, page_of
from awayteam.kernel.rest.problems import Problem, problem

__all__ = [
    "Api",
    "Body",
    "Cursor",
    "Id",
    "Moment",
    "Name",
    "PageOf",
    "Paging",
    "Problem",
    "Reason",
    "Text",
    "Word",
    "actor_of",
    "guarded",
    "page_of",
    "problem",
]
