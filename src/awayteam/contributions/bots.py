"""Which authors are bots or agents: rules that the rulebook may replace (seen in the wild)."""

import re
from collections.abc import Sequence

NAMES: tuple[str, ...] = (
    r"\[bot\]$",
    r"^(dependabot|renovate|greenkeeper|snyk|mergify|github-actions|imgbot|allcontributors|pre-commit-ci|codecov)\b",
    r"^(copilot|devin ai|devin-ai-integration|claude|cursor agent|openai codex|google-labs-jules|sweep ai)(\b|$)",
    r"^\$\{?[A-Z_]+\}?(\[bot\])?$",
    r"(^|[\s_.-])(bot|robot|automation|ci-bot|autobot)$",
    r"^web-flow$",
    r"^github$",
)
"""Expressions for an author's name or login; case doesn't count."""
EMAILS: tuple[str, ...] = (
    r"\[bot\]@",
    r"^(\d+\+)?[^@]*\[bot\]@users\.noreply\.github\.com$",
    r"^(noreply|no-reply|donotreply|bot|robot|ci|automation|jenkins|buildbot|github-actions)@",
    r"[-_.+](bot|robot|automation)@",
    r"^(\d+\+)?copilot@users\.noreply\.github\.com$",
    r"^noreply@(anthropic|openai|cursor)\.com$",
)
"""Expressions for an author's address; case doesn't count."""


class Bots:
    """Compiled rules; those of an organisation come from its rulebook, which is trusted as configuration is."""

    def __init__(self, names: Sequence[str] = NAMES, emails: Sequence[str] = EMAILS) -> None:
        self._name = re.compile("|".join(f"(?:{name})" for name in names) or r"(?!)", re.IGNORECASE)
        self._email = re.compile("|".join(f"(?:{email})" for email in emails) or r"(?!)", re.IGNORECASE)

    def __call__(self, name: str, email: str) -> bool:
        return bool(self._name.search(name[:200].strip()) or self._email.search(email[:200].strip()))
