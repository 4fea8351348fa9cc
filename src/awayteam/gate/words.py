"""What people read of a verdict: one line, a summary for a forge that a stranger understands, text for a terminal.

Everything here may hold words of strangers (paths, titles, logins): in Markdown it is escaped, mentions nobody, links
to nothing and refers to no other change, unless the caller says so.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from awayteam.gate.plain import as_json, from_json
from awayteam.gate.verdict import Need, Outcome, Reason, Section, Standing, Verdict
from awayteam.sources.ownership.base import shown

__all__ = ["as_json", "escaped", "from_json", "markdown", "plain", "text", "title"]

Names = Callable[[str], str]
"""What people call the person or team behind a reference; "" leaves it to `plain`."""

LONGEST = 60_000
"""Characters of a summary; forges cut off what is longer (GitHub at 65,535)."""
LONGEST_TITLE = 140
_PATHS_SHOWN = 20
_NAMES_SHOWN = 5
_LONGEST_TEXT = 500

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~$])")
_REFERRING = re.compile(r"([@#!~%&$^:])(?=[\w\"/\[])")
_AUTOLINK = re.compile(r"\b(www)(\.)", re.IGNORECASE)
_DASHED = re.compile(r"(?i)\b(GH)(-)(?=\d)")
_BREAK = "\u200b"
_ENTITIES = {ord(mark): f"&#{ord(mark)};" for mark in "[]()*_`|\\"}
"""What Markdown would take for markup within HTML."""
_TICKS = re.compile(r"`+")

STANDING_WORDS = {
    Standing.HOME: "the author's own team owns this",
    Standing.VISIT: "an engagement lets the author change this",
    Standing.WARRANTY: "a repair under the warranty of an engagement",
    Standing.AWAY: "the code of another team, without an engagement",
    Standing.UNOWNED: "nobody owns this",
    Standing.BOT: "the author is a program",
    Standing.UNKNOWN: "nobody knows who the author is",
}


def title(verdict: Verdict, *, names: Names | None = None) -> str:
    """One line of plain text, at most 140 characters: for the name of a check's result, a log, a mail's subject."""
    name = _namer(names)
    if verdict.outcome is Outcome.ALLOWED:
        until = f" until {_moment(verdict.until)}" if verdict.until else ""
        emergency = any(one.rule == "emergency" for one in verdict.whole)
        said = f"May go in{until}" + (", as an emergency" if emergency else "")
    elif verdict.outcome is Outcome.DENIED:
        said = f"May not go in: {_refusal(verdict)}"
    else:
        waited = list(dict.fromkeys(who for need in verdict.needs if (who := _who(need, name, shown_at_most=2))))
        said = "Waits for " + ("; ".join(waited) or "a word that is lacking")
    return _cut(shown(_one_line(said)), LONGEST_TITLE)


def text(verdict: Verdict, explain: bool = False, *, names: Names | None = None) -> str:
    """Lines for a terminal, without a newline at the end; `explain` adds every path group with its reasons."""
    name = _namer(names)
    lines = [title(verdict, names=names)]
    for need in verdict.needs:
        lines.append(f"- {_said(need.says)}")
        lines += [f"    {label}: {value}" for label, value in _facts_of(need, name)]
    if verdict.outcome is Outcome.DENIED or explain:
        for section in verdict.sections:
            if explain or section.outcome is Outcome.DENIED:
                lines += _explained(section, explain)
    whole = [one for one in verdict.whole if explain or one.rule not in {need.rule for need in verdict.whole_needs}]
    if whole:
        lines += ["The change as a whole", *(_mark(reason) for reason in whole)]
    if explain:
        lines.append(f"Judged {_moment(verdict.at)} at {verdict.head[:12]}, rulebook {verdict.rulebook[:12] or '-'}")
    return "\n".join(lines)


def markdown(
    verdict: Verdict, address: str = "", *, names: Names | None = None, mention: Callable[[str], str] | None = None
) -> str:
    """The summary for a forge: may it go in, what is lacking, whose word, until when, who else can, and why.

    `address` leads to the verdict's page. `mention` gives the forge's login for a reference ("": none): only people in
    `Need.people` whom it names are mentioned, so that they are told. At most 60,000 characters.
    """
    name = _namer(names)
    head = f"**{escaped(title(verdict, names=names))}**\n\n{_lead(verdict)}\n"
    foot = f"\n<sub>Judged {_moment(verdict.at)} for `{_hex(verdict.head)}`"
    foot += f", by rulebook `{_hex(verdict.rulebook)}`" if verdict.rulebook else ""
    foot += f". [The whole answer]({_link(address)})" if _link(address) else ""
    foot += ".</sub>\n" if not _link(address) else "</sub>\n"
    said = [head]
    room = LONGEST - len(head) - len(foot) - 200
    pieces = [*_needs_table(verdict.needs, name, mention), *_details(verdict)]
    for number, piece in enumerate(pieces):
        if len(piece) > room:
            said.append(f"\n{len(pieces) - number} more parts don't fit here.\n")
            break
        said.append(piece)
        room -= len(piece)
    return "".join((*said, foot))


def escaped(words: str) -> str:
    """Words of others for Markdown: one line, no markup, no mention, no reference, no link; cut at 500 characters."""
    one = _cut(shown(_one_line(words)), _LONGEST_TEXT)
    return _SPECIAL.sub(r"\\\1", html.escape(_inert(one), quote=False))


def plain(ref: str) -> str:
    """The name in a reference: `user:default/ada` is ada; what is none stands as it is."""
    return ref.rpartition("/")[2] if ":" in ref.partition("/")[0] else ref


def _namer(names: Names | None) -> Names:
    def called(ref: str) -> str:
        name = _one_line(names(ref)) if names is not None else ""
        return plain(ref) if name in ("", ref) else name

    return called


def _inert(words: str) -> str:
    """Words that no forge acts upon: `@ada`, `#12`, `!12`, `GH-12` and addresses broken by an invisible space."""
    one = _REFERRING.sub(rf"\1{_BREAK}", words)
    return _DASHED.sub(rf"\1{_BREAK}\2", _AUTOLINK.sub(rf"\1{_BREAK}\2", one))


def _code(name: str) -> str:
    """A path or rule as code, in which no forge looks for mentions; the fence is longer than any run of ticks in it."""
    one = _cut(shown(name), 300)
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(one)), default=0))
    pad = " " if one.startswith(("`", " ")) or one.endswith(("`", " ")) else ""
    return f"{fence}{pad}{one}{pad}{fence}" if one else ""


def _lead(verdict: Verdict) -> str:
    """The sentence below the title, for somebody who never heard of any of this."""
    count = sum(len(one.paths) for one in verdict.sections)
    files = "1 file" if count == 1 else f"{count:,} files"
    match verdict.outcome:
        case Outcome.ALLOWED:
            until = f" This holds until {_moment(verdict.until)}." if verdict.until else ""
            return f"Those who answer for the {files} of this change said what they need to, or needn't.{until}"
        case Outcome.WAITING:
            return f"Nothing is wrong with the change; words of those who answer for its {files} are still lacking."
        case Outcome.DENIED:
            return f"Among the {files} of this change are some that its author may not change now. The reasons say why."


def _needs_table(needs: Sequence[Need], name: Names, mention: Callable[[str], str] | None) -> Iterator[str]:
    if not needs:
        return
    yield "\n| What is lacking | Whose word | Until | Who else can |\n|---|---|---|---|\n"
    for need in needs:
        says = escaped(need.says)
        if _link(need.address):
            says = f"[{says}]({_link(need.address)})"
        cells = (says, _who_in_markdown(need, name, mention), _moment(need.until) or "no clock runs",
                 escaped(_several(map(name, need.else_)))or "-")  # fmt: skip
        yield f"| {' | '.join(cells)} |\n"


def _who_in_markdown(need: Need, name: Names, mention: Callable[[str], str] | None) -> str:
    people = [_mentioned(ref, name, mention) for ref in need.people[:_NAMES_SHOWN]]
    if len(need.people) > _NAMES_SHOWN:
        people.append(f"{len(need.people) - _NAMES_SHOWN} more")
    teams = escaped(_several(map(name, need.teams)))
    count = f"{need.count} of " if need.count > 1 else ""
    if teams and people:
        return f"{count}{teams}: {', '.join(people)}"
    return count + (teams or ", ".join(people)) or "anybody else"


def _mentioned(ref: str, name: Names, mention: Callable[[str], str] | None) -> str:
    login = mention(ref) if mention is not None else ""
    return (
        f"@{login}" if re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?", login) else escaped(name(ref))
    )


def _details(verdict: Verdict) -> Iterator[str]:
    """Why, folded in: first what concerns the whole change, then each group of paths, those that block first."""
    if verdict.whole:
        lines = "".join(f"- {_mark_in_markdown(reason)}\n" for reason in verdict.whole)
        yield f"\n<details><summary>The change as a whole</summary>\n\n{lines}\n</details>\n"
    order = (Outcome.DENIED, Outcome.WAITING, Outcome.ALLOWED)
    for section in sorted(verdict.sections, key=lambda one: order.index(one.outcome)):
        owners = _several(map(shown, section.owners)) or "nobody"
        files = "1 file" if len(section.paths) == 1 else f"{len(section.paths):,} files"
        heading = f"{_OUTCOME_WORDS[section.outcome]}: {files} of {owners} - {STANDING_WORDS[section.standing]}"
        lines = "".join(f"- {_mark_in_markdown(reason)}\n" for reason in section.reasons)
        rule = f"Rule: {_code(section.rule)}\n\n" if section.rule else ""
        paths = "".join(f"- {_code(path)}\n" for path in section.paths[:_PATHS_SHOWN])
        if len(section.paths) > _PATHS_SHOWN:
            paths += f"- and {len(section.paths) - _PATHS_SHOWN:,} more\n"
        summary = html.escape(_inert(_cut(_one_line(heading), _LONGEST_TEXT)), quote=False).translate(_ENTITIES)
        yield f"\n<details><summary>{summary}</summary>\n\n{lines}\n{rule}{paths}\n</details>\n"


_OUTCOME_WORDS = {Outcome.ALLOWED: "Settled", Outcome.WAITING: "Waiting", Outcome.DENIED: "Refused"}


def _explained(section: Section, explain: bool) -> Iterator[str]:
    owners = _several(map(shown, section.owners)) or "nobody"
    files = "1 file" if len(section.paths) == 1 else f"{len(section.paths)} files"
    rule = f" ({shown(section.rule)})" if section.rule else ""
    yield f"{_OUTCOME_WORDS[section.outcome]}: {files} of {owners}{rule}, {STANDING_WORDS[section.standing]}"
    for reason in section.reasons:
        if explain or not reason.passes:
            yield _mark(reason)
    limit = _PATHS_SHOWN if explain else 3
    for path in section.paths[:limit]:
        yield f"      {_cut(shown(path), 300)}"
    if len(section.paths) > limit:
        yield f"      and {len(section.paths) - limit} more"


def _facts_of(need: Need, name: Names) -> Iterator[tuple[str, str]]:
    yield "whose word", _who(need, name) or "anybody else's"
    if need.until:
        yield "until", _moment(need.until)
    if need.else_:
        yield "who else can", shown(_several(map(name, need.else_)))
    if _link(need.address):
        yield "where", _link(need.address)


def _refusal(verdict: Verdict) -> str:
    failing = (
        reason.says
        for section in verdict.sections
        if section.outcome is Outcome.DENIED
        for reason in section.reasons
        if not reason.passes
    )
    return next(failing, "the rules refuse it")


def _who(need: Need, name: Names, shown_at_most: int = _NAMES_SHOWN) -> str:
    teams = _several(map(name, need.teams), shown_at_most)
    people = _several(map(name, need.people), shown_at_most)
    count = f"{need.count} of " if need.count > 1 else ""
    both = f"{teams} ({people})" if teams and people else teams or people
    return shown(count + both) if both else ""


def _several(names: Iterable[str], at_most: int = _NAMES_SHOWN) -> str:
    known = list(names)
    more = [f"{len(known) - at_most} more"] if len(known) > at_most else []
    return ", ".join([*known[:at_most], *more])


def _mark(reason: Reason) -> str:
    return f"  {'+' if reason.passes else '-'} {_said(reason.says)} [{reason.rule}]"


def _mark_in_markdown(reason: Reason) -> str:
    return f"{'Yes' if reason.passes else 'No'}: {escaped(reason.says)}"


def _said(words: str) -> str:
    return _cut(shown(_one_line(words)), _LONGEST_TEXT)


def _one_line(words: str) -> str:
    return " ".join(words.split())


def _cut(words: str, longest: int) -> str:
    return words if len(words) <= longest else words[: longest - 1] + "\u2026"


def _moment(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _hex(name: str) -> str:
    return re.sub(r"[^0-9a-zA-Z]", "", name)[:12]


def _link(address: str) -> str:
    """An address that may stand in a link: of the web, without what would end it."""
    return address if re.fullmatch(r"https?://[^\s<>()\[\]\"'`\\|]{1,2000}", address) else ""
