"""Which of the followed folders a changed file lies in: services that share one repository with others."""

from collections.abc import Iterable, Sequence

_MAX_KEPT = 200_000


class Folders:
    """Folders by their place in a list; a file lies in every one that holds it, and a path that is a file in itself."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._places = {path.encode("utf-8", "surrogateescape"): place for place, path in enumerate(paths)}
        self._above: dict[bytes, tuple[int, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._places)

    def touched(self, files: Iterable[bytes]) -> dict[int, int]:
        """The number of files in each folder that holds any."""
        counts: dict[int, int] = {}
        for path in files:
            place = self._places.get(path)
            if place is not None:
                counts[place] = counts.get(place, 0) + 1
            folder = path.rpartition(b"/")[0]
            known = self._above.get(folder)
            for place in self._enter(folder) if known is None else known:
                counts[place] = counts.get(place, 0) + 1
        return counts

    def _enter(self, folder: bytes) -> tuple[int, ...]:
        if len(self._above) > _MAX_KEPT:
            self._above.clear()
        parts = folder.split(b"/")
        ups = (b"/".join(parts[:count]) for count in range(1, len(parts) + 1))
        found = tuple(self._places[up] for up in ups if up in self._places)
        self._above[folder] = found
        return found
