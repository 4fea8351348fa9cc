"""Every read of lists: saved views, and what was changed for many rows at once."""

from awayteam.lists.queries.bulk import Told, change, last_told, rows, told
from awayteam.lists.queries.views import ViewRow, ViewsMenu, default_query, menu, view, views

__all__ = [
    "Told",
    "ViewRow",
    "ViewsMenu",
    "change",
    "default_query",
    "last_told",
    "menu",
    "rows",
    "told",
    "view",
    "views",
]
