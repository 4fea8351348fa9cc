"""What people read of a verdict, whatever strangers put into it, and the form in which programs keep it."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.gate import words
from awayteam.gate.plain import quoted, unquoted
from awayteam.gate.verdict import Need, Outcome, Reason, Section, Standing, Verdict

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HARM = (
    "@ada", "@acme/payments", "#12", "!3", "GH-7", "acme/shop#1", "www.evil.example", "https://evil.example",
    "<img src=x>",
    "[x](javascript:alert(1))", "`", "```", "|", "\n/close", "&lt;", "\u202e", "\x1b[2J", "**", "~9", "%1", "$2", "\\",
)  # fmt: skip
NEED = Need("owner", "One of payments approves.", 1, ("user:default/ada", "user:default/bea"),
            ("group:default/payments",), ("user:default/mona",), NOW, "https://x.example/12")  # fmt: skip


def section(*paths: str, **more: object) -> Section:
    values = {"rule": "CODEOWNERS:2", "owners": ("@acme/payments",), "standing": Standing.AWAY,
              "outcome": Outcome.WAITING, "reasons": (Reason("no-engagement", False, "No engagement."),),
              "needs": (NEED,)}  # fmt: skip
    return Section(paths=paths or ("pay/api.py",), **{**values, **more})  # type: ignore[arg-type]


def verdict(*sections: Section, outcome: Outcome = Outcome.WAITING, **more: object) -> Verdict:
    return Verdict(outcome, "shop", "a" * 40, NOW, sections or (section(),), **more)  # type: ignore[arg-type]


def test_a_stranger_reads_what_is_lacking_and_who_can_help() -> None:
    said = words.markdown(verdict(), "https://x.example/changes/1")
    assert said.startswith("**Waits for payments \\(ada, bea\\)**")
    assert (
        "| [One of payments approves.](https://x.example/12) | payments: ada, bea | 2026-11-23 12:00 UTC | mona |"
        in said
    )
    assert "<details><summary>Waiting: 1 file of @\u200bacme/payments" in said
    assert "- No: No engagement." in said
    assert "[The whole answer](https://x.example/changes/1)" in said
    assert words.text(verdict()).splitlines()[1:] == [
        "- One of payments approves.", "    whose word: payments (ada, bea)", "    until: 2026-11-23 12:00 UTC",
        "    who else can: mona", "    where: https://x.example/12",
    ]  # fmt: skip


def test_the_outcome_is_the_first_thing_said() -> None:
    allowed = verdict(section(outcome=Outcome.ALLOWED, needs=()), outcome=Outcome.ALLOWED, until=NOW)
    assert words.title(allowed) == "May go in until 2026-11-23 12:00 UTC"
    emergency = replace(allowed, whole=(Reason("emergency", True, "Ada let it in."),))
    assert words.title(emergency).endswith("as an emergency")
    denied = verdict(section(outcome=Outcome.DENIED, needs=()), outcome=Outcome.DENIED)
    assert words.title(denied) == "May not go in: No engagement."
    assert "No engagement. [no-engagement]" in words.text(denied)


def test_only_people_whom_the_forge_knows_are_mentioned_where_that_is_meant() -> None:
    said = words.markdown(verdict(), mention={"user:default/ada": "ada-gh", "user:default/bea": "x [y](z)"}.get("")
                          or (lambda ref: {"user:default/ada": "ada-gh"}.get(ref, "x [y](z)")))  # fmt: skip
    assert re.findall(r"@[\w-]+", said) == ["@ada-gh"]


@given(st.lists(st.sampled_from(HARM) | st.text(max_size=20), min_size=1, max_size=6).map("".join))
def test_words_of_strangers_do_nothing(harm: str) -> None:
    need = Need("owner", harm, people=(harm,), teams=(harm,), else_=(harm,), address=f"javascript:{harm}")
    made = section(harm, rule=harm, owners=(harm,), reasons=(Reason("x", False, harm),), needs=(need,))
    said = words.markdown(verdict(made, whole=(Reason("y", True, harm),)), f"x {harm}", names=lambda _ref: harm)
    bare = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", said)
    assert not re.search(r"@[A-Za-z0-9]", bare)
    assert not re.search(r"(?<![\\&])[#!]\d", bare)
    assert "<img" not in bare
    assert "://evil" not in bare
    assert "](javascript" not in bare
    assert "\n/" not in said
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert said.count("<details>") == said.count("</details>") == 2
    rows = [line for line in said.splitlines() if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", row.replace("\\\\", ""))) == 5 for row in rows), rows
    assert "\n" not in words.title(verdict(made), names=lambda _ref: harm)
    assert "\x1b" not in words.text(verdict(made), explain=True)


def test_a_summary_is_bounded_and_whole() -> None:
    many = [section(*(f"{number}/{'x' * 200}/{file}" for file in range(50))) for number in range(300)]
    needs = tuple(replace(NEED, says=f"{number} {'y' * 400}") for number in range(500))
    said = words.markdown(verdict(*many, whole_needs=needs))
    assert 50_000 < len(said) <= words.LONGEST
    assert said.count("<details>") == said.count("</details>")
    assert "more parts don't fit here" in said
    assert len(words.title(verdict(section(needs=(replace(NEED, teams=("t" * 999,)),))))) <= words.LONGEST_TITLE


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | st.binary(max_size=8).map(
    lambda raw: raw.replace(b"\0", b"").decode("utf-8", "surrogateescape")
)


@given(NAMES)
def test_names_out_of_git_survive_as_unicode(name: str) -> None:
    said = quoted(name)
    said.encode("utf-8")
    assert unquoted(said) == name


@given(st.lists(NAMES, max_size=3), NAMES, st.text(max_size=9), st.none() | st.just(NOW))
def test_a_verdict_survives_as_json(paths: list[str], owner: str, says: str, until: datetime | None) -> None:
    clean = "".join(mark for mark in says if mark.isprintable())
    made = verdict(
        section(*paths, owners=(owner,), reasons=(Reason("r", True, clean),), needs=(replace(NEED, until=until),)),
        whole_needs=(NEED,), until=until, rulebook="0" * 64,
    )  # fmt: skip
    data = json.dumps(words.as_json(made), ensure_ascii=False).encode()
    assert words.from_json(json.loads(data)) == made


@pytest.mark.parametrize("at", ["outcome", "at", "sections", "needs", "head"])
@pytest.mark.parametrize("value", [3, "x", [3], {"a": 1}, [[]], [{"paths": [3]}]])
def test_what_is_no_verdict_is_refused(at: str, value: object) -> None:
    data = {**words.as_json(verdict()), at: value}
    if at == "head" and value == "x":
        assert words.from_json(data).head == "x"
        return
    with pytest.raises(ValueError, match=r"\w"):
        words.from_json(data)
    with pytest.raises(ValueError, match=r"\w"):
        words.from_json(value)
