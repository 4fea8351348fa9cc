"""The page that `awayteam scan --html` writes: nothing runs off a narrow window, whatever the names are."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from awayteam.contributions.opening import Options
from awayteam.contributions.organisation import Organisation
from awayteam.contributions.report_html import page
from awayteam.contributions.scan import scan
from awayteam.contributions.tests.hostile import T0, bare, commit, fast_import


@pytest.mark.parametrize("width", [390, 1440])
def test_the_report_fits_the_window(browser: Browser, tmp_path: Path, width: int) -> None:
    rules = b"".join(
        b"/area-%d/ @organisation/%s-%d\n" % (n, b"a-rather-long-name-of-a-team" * 2, n) for n in range(24)
    )
    repo = fast_import(
        bare(tmp_path / "r"),
        commit([(b"CODEOWNERS", rules), (b"area-1/" + b"deep/" * 30 + b"x", b"1")]),
        *(commit([(b"area-%d/x" % n, b"1")], who=b"Somebody%d <s@x.org>" % n, when=T0 + n) for n in range(24)),
    )
    file = tmp_path / "map.html"
    file.write_text(page(scan([str(repo)], Organisation(), Options(since="all"))), encoding="utf-8")
    opened = browser.new_page(viewport={"width": width, "height": 900})
    try:
        opened.goto(file.as_uri())
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.locator("table.matrix tbody tr").count() >= 1
        assert opened.evaluate("[...document.querySelectorAll('.scroll')].every(one => one.tabIndex === 0)")
    finally:
        opened.close()
