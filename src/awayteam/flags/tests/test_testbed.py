"""flagd's public test-bed, through the official provider of the remote evaluation protocol, against a real server.

Its files aren't part of this project: `AWAYTEAM_FLAGD_TESTBED` names a folder with a copy of it, from the repository
open-feature/flagd-testbed. `test_evaluating` and `test_ofrep` cover the same ground always.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import FlagEvaluationDetails

from awayteam.flags.tests import gherkin
from awayteam.flags.tests.gherkin import Scenario, Step
from awayteam.flags.tests.served import Served, serve

FOLDER = os.environ.get("AWAYTEAM_FLAGD_TESTBED", "")
FEATURES = ("evaluation", "targeting", "disabled", "metadata")
OTHER_HASH = {"@fractional-v1", "@fractional-v3"}
"""Cases tied to another version of the hash behind `fractional`."""
REPLACED = {"@deprecated"}
"""The test-bed itself has other cases in the place of these, with other results."""

if not FOLDER:
    pytest.skip("AWAYTEAM_FLAGD_TESTBED names no copy of flagd's test-bed", allow_module_level=True)
ROOT = Path(FOLDER)
EVALUATOR = sorted((ROOT / "evaluator/gherkin").glob("*.feature"))
CASES = [
    (environment, case)
    for environment, files in (
        ("evaluator", EVALUATOR), ("provider", [ROOT / f"gherkin/{name}.feature" for name in FEATURES]),
    )
    for file in files
    for case in gherkin.read(file)
    if not case.tags & (OTHER_HASH | REPLACED)
]  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    flags = ROOT / "flags"
    files = {
        "evaluator": [ROOT / "evaluator/flags/testkit-flags.json"],
        "provider": sorted(one for one in flags.glob("*.json") if not one.name.startswith("selector")),
        "selector-flags": [flags / "selector-flags.json"],
        "selector-flag-combined-metadata": [flags / "selector-flag-combined-metadata.json"],
    }
    with serve(tmp_path_factory.mktemp("testbed"), files) as running:
        assert not any(running.refused.values()), running.refused
        yield running


@pytest.mark.database
@pytest.mark.parametrize(("environment", "case"), CASES, ids=[f"{where}-{case}" for where, case in CASES])
def test_case(served: Served, environment: str, case: Scenario) -> None:
    told = Told(served, environment)
    for step in case.steps:
        told.take(step)
    assert told.checked, "every case checks something"


class Told:
    """One case as its steps tell it."""

    def __init__(self, served: Served, environment: str) -> None:
        self.served, self.environment = served, environment
        self.flag: tuple[str, str, Any] = ("", "", None)
        self.targeting_key: str | None = None
        self.attributes: dict[str, Any] = {}
        self.details: FlagEvaluationDetails[Any] | None = None
        self.checked = 0

    def take(self, step: Step) -> None:
        for pattern, method in STEPS.items():
            if found := re.fullmatch(pattern, step.text):
                getattr(self, method)(*found.groups(), *([step.table] if step.table else []))
                return
        raise AssertionError(f"nobody knows the step {step.text!r}")

    def nothing(self, *_: Any) -> None:
        pass

    def option(self, name: str, _kind: str, value: str) -> None:
        if name == "selector":
            stem = Path(value).stem
            self.environment = "provider" if stem == "allFlags" else stem

    def a_flag(self, kind: str, key: str, default: str) -> None:
        self.flag = (kind, key, typed(kind, default))

    def key(self, value: str) -> None:
        self.targeting_key = value

    def attribute(self, name: str, kind: str, value: str) -> None:
        self.attributes[name] = typed(kind, value)

    def nested(self, outer: str, inner: str, value: str) -> None:
        self.attributes.setdefault(outer, {})[inner] = value

    def evaluate(self) -> None:
        from openfeature import api
        from openfeature.contrib.provider.ofrep import OFREPProvider

        kind, key, default = self.flag
        headers = {"Authorization": f"Bearer {self.served.tokens[self.environment]}"}
        provider = OFREPProvider(self.served.url, headers_factory=lambda: headers)
        api.set_provider(provider)
        client: OpenFeatureClient = api.get_client()
        ask = getattr(client, f"get_{kind.lower()}_details")
        self.details = ask(key, default, EvaluationContext(self.targeting_key, self.attributes))
        provider.session.close()

    def value(self, expected: str) -> None:
        assert self.details is not None
        wanted = typed(self.flag[0], expected)
        assert (self.details.value, type(self.details.value)) == (wanted, type(wanted)), self.details
        self.checked += 1

    def reason(self, expected: str) -> None:
        assert self.details is not None
        assert self.details.reason is not None
        assert getattr(self.details.reason, "value", self.details.reason) == expected, self.details
        self.checked += 1

    def error(self, expected: str) -> None:
        assert self.details is not None
        code = self.details.error_code
        assert (code.value if code is not None else "") == expected, self.details
        self.checked += 1

    def no_metadata(self) -> None:
        assert self.details is not None
        assert self.details.flag_metadata == {}
        self.checked += 1

    def metadata(self, table: gherkin.Table) -> None:
        assert self.details is not None
        for name, kind, value in table[1:]:
            assert self.details.flag_metadata[name] == typed(kind, value)
        self.checked += 1


STEPS = {
    r"an evaluator|a stable flagd provider|a metadata flagd provider": "nothing",
    r'an option "(.*)" of type "(.*)" with value "(.*)"': "option",
    r'an? (\w+)-flag with key "(.*)" and a (?:fallback|default) value "(.*)"': "a_flag",
    r'a context containing a targeting key with value "(.*)"': "key",
    r'a context containing a key "(.*)", with type "(.*)" and with value "(.*)"': "attribute",
    r'a context containing a nested property with outer key "(.*)" and inner key "(.*)", with value "(.*)"': "nested",
    r"the flag was evaluated with details": "evaluate",
    r'the resolved details value should be "(.*)"': "value",
    r'the reason should be "(.*)"': "reason",
    r'the error-code should be "(.*)"': "error",
    r"the resolved metadata is empty": "no_metadata",
    r"the resolved metadata should contain": "metadata",
}


def typed(kind: str, text: str) -> Any:
    if kind == "Boolean":
        return text == "true"
    if kind == "Object":
        return json.loads(text.replace('\\"', '"'))
    if kind in ("Integer", "Float"):
        return int(text) if kind == "Integer" else float(text)
    return text
