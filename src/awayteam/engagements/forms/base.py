"""What forms of engagements have in common."""

from collections.abc import Callable

from awayteam.kernel.errors import AwayteamError, Conflict, NotFound, NotSignedIn
from awayteam.kernel.pages import PageForm, Result


class ActForm(PageForm):
    """A form whose `Conflict` is for the page to explain: it shows what changed."""

    def attempt(self, action: Callable[[], Result]) -> Result | None:
        try:
            return action()
        except (Conflict, NotFound, NotSignedIn):
            raise
        except AwayteamError as error:
            self.refuse(error)
            return None
