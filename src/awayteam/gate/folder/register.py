"""`register.toml`: what bar raisers keep back of whole repositories, and emergencies that were let in."""

from awayteam.gate.facts import Hold, Passage
from awayteam.gate.folder.agreement import HERE, HOLD_KEYS, hold
from awayteam.gate.folder.files import Files, Wrong
from awayteam.gate.folder.shape import Table, parse

FILE = "register.toml"
KEYS = ("format", "holds", "emergencies")
EMERGENCY_KEYS = ("repository", "head", "by", "label", "reason", "at", "until", "address")


def read(files: Files, wrong: list[Wrong]) -> tuple[list[Hold], list[Passage]]:
    """Holds and emergencies; mistakes are added to `wrong`."""
    if FILE not in files.contents:
        return [], []
    document = parse(FILE, files.contents[FILE])
    table = Table(document, document.root, (), KEYS)
    holds = [hold(one, 0) for one in table.tables("holds", HOLD_KEYS)]
    made = map(_passage, table.tables("emergencies", EMERGENCY_KEYS))
    passages = [one for one in made if one is not None]
    wrong += document.wrong
    if not files.own and HERE in {*(one.repository for one in holds), *(one.repository for one in passages)}:
        wrong.append(Wrong(FILE, f'"{HERE}" means the repository that the folder is kept in; this one is kept outside'))
    return (holds, passages) if not document.wrong else ([], [])


def _passage(table: Table) -> Passage | None:
    at, until = table.moment("at", needed=True), table.moment("until", needed=True)
    found = (table.text("repository", None), table.text("head", None).lower(), table.text("by", None),
             table.text("label"), table.text("reason", None))  # fmt: skip
    repository, head, by, label, reason = found
    if at is None or until is None:
        return None
    return Passage(repository, head, by, label or by, reason, at, until, table.text("address"))
