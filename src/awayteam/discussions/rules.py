"""What may be said, and how long one may take it back: pure functions."""

from datetime import datetime, timedelta


def text_problem(text: str, length_max: int) -> str:
    """What is wrong with the text of a comment, or "" for nothing."""
    if not text.strip():
        return "write something"
    if len(text) > length_max:
        return f"at most {length_max:,} characters; this has {len(text):,}"
    if "\0" in text:
        return "a NUL character can't be kept"
    return ""


def editable_until(at: datetime, edit_minutes: int) -> datetime | None:
    """Until when the author may change a comment written `at`; None for as long as they like."""
    return at + timedelta(minutes=edit_minutes) if edit_minutes else None
