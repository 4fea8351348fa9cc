"""Fetch the front-end files that vendor.toml names, by npm, and check them against their hashes.

    python tools/vendor.py          fetch; refuse what doesn't match its sha256
    python tools/vendor.py --pin    fetch and write the hashes of what came into vendor.toml (after changing a version)

Comments that point at source maps are removed, since the maps are not shipped; a compressed twin is written beside each
larger file, which WhiteNoise serves to browsers that take it. What was fetched is committed together with its licence.
"""

import argparse
import gzip
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "vendor.toml"
TARGET = ROOT / "src" / "awayteam" / "web" / "static" / "vendor"
SOURCE_MAP = re.compile(rb"\n?(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)\s*$")
COMPRESS_FROM = 20_000


def unpack(name: str, version: str, folder: Path) -> Path:
    """The unpacked folder of one package, by `npm pack` (nothing of the package runs)."""
    folder.mkdir(parents=True)
    command = ["npm", "pack", f"{name}@{version}", "--silent", "--ignore-scripts", "--pack-destination", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    archives = list(folder.glob("*.tgz"))
    if done.returncode or len(archives) != 1:
        sys.exit(f"npm could not fetch {name}@{version}: {done.stderr.strip() or 'no archive came'}")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def compress(path: Path, content: bytes) -> None:
    twin = path.with_name(path.name + ".gz")
    if path.suffix in {".css", ".js"} and len(content) >= COMPRESS_FROM:
        twin.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))
    else:
        twin.unlink(missing_ok=True)


def fetch(package: dict, folder: Path, pinned: dict[str, str]) -> list[str]:
    """Copy the package's files into the project; gives the complaints. `pinned` collects path -> sha256 as fetched."""
    source = unpack(package["name"], package["version"], folder)
    into = TARGET / package.get("into", "")
    into.mkdir(parents=True, exist_ok=True)
    problems = []
    for path, expected in package["files"].items():
        content = SOURCE_MAP.sub(b"\n", (source / path).read_bytes())
        digest = hashlib.sha256(content).hexdigest()
        pinned[path] = digest
        if digest != expected:
            problems.append(f"{package['name']} {path}: sha256 is {digest}, vendor.toml says {expected or 'nothing'}")
        target = into / Path(path).name
        target.write_bytes(content)
        compress(target, content)
    if licence := package.get("licence_file"):
        (TARGET / f"LICENSE.{package['short']}.txt").write_bytes((source / licence).read_bytes())
    return problems


def pin(digests: dict[str, str]) -> None:
    text = LIST.read_text()
    for path, digest in digests.items():
        text = re.sub(rf'^("{re.escape(path)}" = )"[0-9a-f]*"', rf'\g<1>"{digest}"', text, flags=re.MULTILINE)
    LIST.write_text(text)


def main() -> None:
    parser = argparse.ArgumentParser(description="Fetch the front-end files that vendor.toml names.")
    parser.add_argument("--pin", action="store_true", help="write the hashes of what came into vendor.toml")
    wanted = parser.parse_args()
    digests: dict[str, str] = {}
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        for number, package in enumerate(tomllib.loads(LIST.read_text())["package"]):
            problems += fetch(package, Path(temporary) / str(number), digests)
    if wanted.pin:
        pin(digests)
    elif problems:
        sys.exit("\n".join([*problems, "If that is meant, run: python tools/vendor.py --pin"]))


if __name__ == "__main__":
    main()
