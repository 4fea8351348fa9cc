"""Pages of duplicates: the list, a form that takes a minute, and the story of each."""

from awayteam.duplicates.views.pages import answer, finish, index, look_again, new, settle, story, withdraw

__all__ = ["answer", "finish", "index", "look_again", "new", "settle", "story", "withdraw"]
