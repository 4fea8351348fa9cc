"""Rule files that somebody told, kept once by their hash: paths and contents in a compressed canonical form."""

import base64
import hashlib
import zlib
from collections.abc import Mapping
from datetime import datetime

import orjson

from awayteam.gate import plain
from awayteam.gate.models import RuleSet


def packed(files: Mapping[str, bytes]) -> bytes:
    """The same bytes for the same files; `unpacked` reads them."""
    plain_files = {plain.quoted(path): base64.b64encode(data).decode() for path, data in files.items()}
    return orjson.dumps(plain_files, option=orjson.OPT_SORT_KEYS)


def unpacked(data: bytes) -> dict[str, bytes]:
    """The files of `RuleSet.files`."""
    files = orjson.loads(zlib.decompress(data))
    return {plain.unquoted(path): base64.b64decode(text) for path, text in files.items()}


def keep(files: Mapping[str, bytes] | None, now: datetime) -> int | None:
    """The number of the row that keeps these files, made where there is none; None where nothing was told."""
    if files is None:
        return None
    text = packed(files)
    digest = hashlib.sha256(text).hexdigest()
    known = RuleSet.objects.filter(digest=digest).values_list("pk", flat=True).first()
    if known is not None:
        return known
    given = {"files": zlib.compress(text, 6), "created_at": now}
    return RuleSet.objects.get_or_create(digest=digest, defaults=given)[0].pk
