"""What reviews add to pages."""


def register() -> None:
    pass
