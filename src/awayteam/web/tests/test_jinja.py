"""The page engine's own way to escape gives what markupsafe's gives."""

import markupsafe
from hypothesis import given
from hypothesis import strategies as st

from awayteam.web.jinja import environment, escape


class Drawn:
    def __html__(self) -> str:
        return "<svg/>"


@given(st.one_of(st.text(), st.text().map(markupsafe.Markup), st.integers(), st.floats(), st.none(), st.booleans()))
def test_what_is_escaped_is_what_markupsafe_escapes(value: object) -> None:
    assert escape(value) == markupsafe.escape(value)


def test_templates_escape_with_it_and_leave_markup_alone() -> None:
    page = environment(autoescape=True).from_string(
        "{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}{{ a }} {{ b }} {{ c }} {{ d }} {{ twice(a) }} {{ a|safe }}"
    )
    found = page.render(a="<b>&'\"", b=markupsafe.Markup("<i>"), c=Drawn(), d=3)
    bold = "&lt;b&gt;&amp;&#39;&#34;"
    assert found == f"{bold} <i> <svg/> 3 {bold}{bold} <b>&'\""
    assert environment(autoescape=False).from_string("{{ a }}").render(a="<b>") == "<b>"
