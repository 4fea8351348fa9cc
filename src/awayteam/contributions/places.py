"""What the away map adds to pages."""


def register() -> None:
    pass
