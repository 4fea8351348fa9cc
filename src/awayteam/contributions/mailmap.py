"""Git's `.mailmap`: names and addresses of authors mapped to proper ones."""

import re

_LINE = re.compile(r"\s*([^<#]*?)\s*<([^>]*)>\s*(?:([^<#]*?)\s*<([^>]*)>)?")
MAX_BYTES = 8 * 1024 * 1024


class Mailmap:
    """The proper name and address of an author; addresses and names compare without case, as git does."""

    def __init__(self, data: bytes = b"") -> None:
        self._by_email: dict[str, tuple[str, str]] = {}
        self._by_both: dict[tuple[str, str], tuple[str, str]] = {}
        for line in data[:MAX_BYTES].decode("utf-8", "replace").splitlines():
            match = _LINE.match(line) if "<" in line and not line.lstrip().startswith("#") else None
            if match is None:
                continue
            name, email, commit_name, commit_email = match.groups()
            if commit_email is None:
                self._by_email[email.lower()] = (name, "")
            elif commit_name:
                self._by_both[(commit_name.lower(), commit_email.lower())] = (name, email)
            else:
                self._by_email[commit_email.lower()] = (name, email)

    def __call__(self, name: str, email: str) -> tuple[str, str]:
        proper = self._by_both.get((name.lower(), email.lower())) or self._by_email.get(email.lower())
        if proper is None:
            return name, email
        return proper[0] or name, proper[1] or email
