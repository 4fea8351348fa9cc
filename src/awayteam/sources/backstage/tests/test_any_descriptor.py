"""Any value anywhere in a descriptor, and the descriptors of real organisations."""

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.sources import backstage
from awayteam.sources.backstage.tests.test_descriptors import entity, with_files
from awayteam.sources.context import Context
from awayteam.sources.parsing import SourceFetch
from awayteam.sources.readers import FolderReader

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(0, 1)
    | st.sampled_from(["", "a", "a:b", "b/c", "x y", ":", "$text"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "name", "kind", "$text", "url"]), inner, max_size=3)
    ),
    max_leaves=6,
)
_FIELDS = (
    "type", "lifecycle", "owner", "definition", "children", "members", "parent", "profile", "memberOf", "target",
    "targets", "presence", "dependsOn", "dependencyOf", "providesApis", "implementsApis", "system", "domain",
)  # fmt: skip
_META = ["name", "namespace", "title", "labels", "annotations", "tags", "links", "description"]


@given(
    st.sampled_from(["Component", "API", "Resource", "System", "Domain", "Group", "User", "Location", "Robot"]),
    st.dictionaries(st.sampled_from(_FIELDS), _JSON | st.just("a"), max_size=8),
    st.dictionaries(st.sampled_from(_META), _JSON, max_size=3),
    st.dictionaries(st.sampled_from(["apiVersion", "kind", "metadata", "spec"]), _JSON, max_size=1),
)
@settings(max_examples=400)
def test_any_value_anywhere_gives_problems_and_never_raises(kind: str, spec: Any, metadata: Any, change: Any) -> None:
    document = {**entity(kind, spec, **metadata), **change}
    reading = backstage.read("f.json", orjson.dumps(document), with_files({"a": b"x"}))
    assert reading.declared or reading.problems
    for each in reading.declared:
        orjson.dumps(each.document)
        assert each.ref == each.ref.lower()


# --- real files -------------------------------------------------------------------------------------------------------


@pytest.mark.realdata
def test_real_descriptors(shared_data: Path) -> None:
    """All that PyYAML finds in the real descriptors is declared, but for three that can't be."""
    ours: Counter[str] = Counter()
    theirs: Counter[str] = Counter()
    problems = []
    with FolderReader(shared_data) as reader:
        for file in reader.files(["**/*.yaml", "**/*.yml"]):
            data = reader.read(file.path)
            if not backstage.recognises(file.path, data):
                continue
            theirs.update(each["kind"] for each in yaml.load_all(data, yaml.CSafeLoader) if each)
            reading = backstage.read(file.path, data, Context(SourceFetch(reader, 1 << 25, None)))
            problems += reading.problems
            for declared in reading.declared:
                ours[declared.kind] += 1
                assert orjson.loads(orjson.dumps(declared.document)) == declared.document
    assert ours["AiResource"] == 6
    assert ours["Component"] == theirs["Component"] > 90
    assert theirs - ours == Counter({"API": 3})
    assert len(problems) == 3
    assert all("isn't allowed" in each.message or "spec.definition is empty" in each.message for each in problems)
