"""API descriptions: what an API can be asked to do.

`operations` reads the definition of any API, wherever it stands. `recognises` and `read` take in description files that
stand on their own, without a catalog entry.
"""

from awayteam.sources.apis.files import NAME, read, recognises
from awayteam.sources.apis.operations import operations

__all__ = ["NAME", "operations", "read", "recognises"]
