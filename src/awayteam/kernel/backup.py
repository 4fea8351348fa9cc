"""A copy of the whole installation in one file, made and put back while it runs, the same for both databases.

The file is a gzipped tar: `manifest.json`, one `tables/NAME.jsonl` for each table (first line the columns, then a row a
line), and the files of the data folder that belong to the state. Rows are written in a form of their own, neither
database's, so that a backup of SQLite restores into PostgreSQL and the other way round.
"""

import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import orjson
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils.dateparse import parse_date, parse_datetime, parse_time

from awayteam import __version__
from awayteam.kernel import appendonly, bulk
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.registries import Registry

FORMAT = 1
FILES = ("secret-key", "rulebook.toml")
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds: rows by table, and the size of the file in bytes."""

    path: Path
    rows: dict[str, int]
    size: int


def tables() -> list[type[models.Model]]:
    """Every table of the installation, those that others refer to first."""
    every = [
        model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy
    ]
    ordered: list[type[models.Model]] = []
    while every:
        ready = [model for model in every if not (_needs(model) - {model}) & set(every)] or every[:1]
        ordered += ready
        every = [model for model in every if model not in ready]
    return ordered


def _needs(model: type[models.Model]) -> set[type[models.Model]]:
    return {field.related_model for field in model._meta.concrete_fields if field.is_relation}  # type: ignore[misc]


def write(path: Path, *, now: datetime, progress: Progress | None = None) -> Summary:
    """Back up into `path` (written aside and renamed, so that a killed backup leaves nothing half-made behind)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    rows: dict[str, int] = {}
    try:
        with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz", compresslevel=3) as archive:
            with _snapshot():
                for model in tables():
                    rows[model._meta.db_table] = _add_table(archive, model, progress)
                migrations = sorted(MigrationRecorder(connection).applied_migrations())
                for folder, files in folders.items():
                    _add_folder(archive, folder, files(), progress)
            for file in FILES:
                if (source := settings.DATA / file).is_file():
                    archive.add(source, f"files/{file}")
            manifest = {
                "format": FORMAT,
                "version": __version__,
                "made_at": now.isoformat(),
                "rows": rows,
                "migrations": [list(key) for key in migrations],
            }
            _add_bytes(archive, "manifest.json", json.dumps(manifest, indent=1).encode())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Summary(path, rows, path.stat().st_size)


@contextmanager
def _snapshot() -> Iterator[None]:
    """All tables as they were at one instant, without keeping anybody from writing meanwhile."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        connection.cursor().execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            connection.cursor().execute("ROLLBACK")


def _add_table(archive: tarfile.TarFile, model: type[models.Model], progress: Progress | None) -> int:
    fields = list(model._meta.concrete_fields)
    count = 0
    with tempfile.SpooledTemporaryFile(max_size=32 << 20) as file:
        file.write(orjson.dumps([field.column for field in fields]) + b"\n")
        queryset = model._default_manager.order_by("pk").values_list(*[field.attname for field in fields])
        for row in queryset.iterator(chunk_size=5_000):
            file.write(orjson.dumps(row, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME) + b"\n")
            count += 1
            if progress and count % 5_000 == 0:
                progress(model._meta.db_table, count)
        size = file.tell()
        file.seek(0)
        info = tarfile.TarInfo(f"tables/{model._meta.db_table}.jsonl")
        info.size = size
        archive.addfile(info, file)
    if progress:
        progress(model._meta.db_table, count)
    return count


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no neutral form")


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def restore(path: Path, *, replace: bool = False, progress: Progress | None = None) -> dict[str, int]:
    """Put a backup back in one transaction: whoever reads meanwhile sees the old state until the new one is whole.

    Raises `Conflict` when there is a state already and `replace` is False, `InvalidInput` for a file that is no backup
    or that a newer version made. Returns rows by table.
    """
    with _open(path) as archive:
        _check(_manifest(archive, path))
        if not replace and _occupied():
            raise Conflict("There is an organisation here already.", "Add --replace to put the backup in its place.")
        with transaction.atomic(), _unguarded():
            for model in reversed(tables()):
                _empty(model)
            rows = {model._meta.db_table: _load(archive, model, progress) for model in tables()}
            bulk.advance_sequence(*[model for model in tables() if isinstance(model._meta.pk, models.AutoField)])
            for rebuild in rebuilders.values():
                rebuild()
            _restore_folders(archive, progress)
        for file in FILES:
            _restore_file(archive, file)
    return rows


folders: Registry[str, Callable[[], Iterable[Path]]] = Registry()
"""Folders of the data folder (`usage/store`) whose files belong to the state, and which of them do, asked for while the
tables are read. Files in them never change, and have names of their own for ever."""


def _add_folder(archive: tarfile.TarFile, folder: str, files: Iterable[Path], progress: Progress | None) -> None:
    count = 0
    for path in files:
        with suppress(FileNotFoundError):  # taken up meanwhile, by what isn't in this copy either
            archive.add(path, f"files/{folder}/{path.name}", recursive=False)
            count += 1
    if progress and count:
        progress(folder, count)


def _restore_folders(archive: tarfile.TarFile, progress: Progress | None) -> None:
    """Put files back before the rows that name them; what isn't a plain file of a known folder is left."""
    for folder in folders:
        place = settings.DATA / folder
        prefix, count = f"files/{folder}/", 0
        for member in archive.getmembers():
            name = member.name.removeprefix(prefix)
            if not member.isreg() or not member.name.startswith(prefix) or not name or "/" in name or name[0] == ".":
                continue
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            content = archive.extractfile(member)
            assert content is not None
            aside = place / f".{name}.restoring"
            with content, aside.open("wb") as file:
                shutil.copyfileobj(content, file, 1 << 20)
                os.fsync(file.fileno())
            aside.replace(place / name)
            count += 1
        if progress and count:
            progress(folder, count)


rebuilders: Registry[str, Callable[[], object]] = Registry()
"""What must be derived again after a restore, in the same transaction (the search index, for one); apps add to
it by name."""


def _open(path: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(path, "r:gz")
    except FileNotFoundError as error:
        raise InvalidInput(f"{path}: no such file.") from error
    except (tarfile.TarError, OSError) as error:
        raise InvalidInput(f"{path}: not a backup of Awayteam ({error}).") from error


def _manifest(archive: tarfile.TarFile, path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(_member(archive, "manifest.json").read())
        if isinstance(manifest, dict) and isinstance(manifest.get("migrations"), list):
            return manifest
    except (KeyError, ValueError, EOFError, tarfile.TarError, OSError) as error:
        raise InvalidInput(f"{path}: not a whole backup of Awayteam ({error}).") from error
    raise InvalidInput(f"{path}: not a backup of Awayteam.")


def _check(manifest: dict[str, Any]) -> None:
    known = set(MigrationRecorder(connection).applied_migrations())
    unknown = [f"{app}.{name}" for app, name in manifest["migrations"] if (app, name) not in known]
    if manifest.get("format") != FORMAT or unknown:
        raise InvalidInput(
            f"The backup was made by version {manifest.get('version')}, which this one ({__version__}) doesn't know.",
            "Restore it with that version or a newer one.",
        )


def _occupied() -> bool:
    return any(
        apps.get_model(label)._default_manager.exists() for label in ("kernel.Event", "catalog.Entity", "accounts.User")
    )


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    member = archive.extractfile(name)
    if member is None:
        raise KeyError(name)
    return member


def _empty(model: type[models.Model]) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608


@contextmanager
def _unguarded() -> Iterator[None]:
    """References are checked at the end, and what only grows may be replaced, by this and by nothing else.

    Guards that were missing before are there afterwards.
    """
    if connection.vendor != "postgresql":
        connection.cursor().execute("PRAGMA defer_foreign_keys = ON")
    with appendonly.lifted(connection):
        yield
    appendonly.mend(connection)


def _load(archive: tarfile.TarFile, model: type[models.Model], progress: Progress | None) -> int:
    table = model._meta.db_table
    try:
        lines = iter(_member(archive, f"tables/{table}.jsonl"))
    except KeyError:
        return 0
    by_column = {field.column: field for field in model._meta.concrete_fields}
    columns = list(orjson.loads(next(lines)))
    if unknown := [column for column in columns if column not in by_column]:
        raise InvalidInput(f"The backup's table {table} has columns unknown here: {', '.join(unknown)}.")
    readers = [_reader(by_column[column]) for column in columns]
    return bulk.insert(model, columns, _rows(lines, readers, table, progress))


def _rows(
    lines: Iterator[bytes], readers: list[Callable[[Any], Any]], table: str, progress: Progress | None
) -> Iterator[tuple[Any, ...]]:
    count = 0
    for line in lines:
        yield tuple(read(value) for read, value in zip(readers, orjson.loads(line), strict=True))
        count += 1
        if progress and count % 5_000 == 0:
            progress(table, count)
    if progress:
        progress(table, count)


def _reader(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """How a neutral value becomes the database's."""
    parse: Callable[[Any], Any] | None = None
    if isinstance(field, models.JSONField):
        return lambda value: json.dumps(value)
    if isinstance(field, models.DateTimeField):
        parse = parse_datetime
    elif isinstance(field, models.DateField):
        parse = parse_date
    elif isinstance(field, models.TimeField):
        parse = parse_time
    elif isinstance(field, models.DecimalField):
        parse = Decimal
    if parse is None:
        return lambda value: value
    read = parse
    return lambda value: None if value is None else read(value)


def _restore_file(archive: tarfile.TarFile, name: str) -> None:
    try:
        content = _member(archive, f"files/{name}").read()
    except KeyError:
        return
    target = settings.DATA / name
    aside = target.with_name(f".{name}.restoring")
    aside.write_bytes(content)
    aside.chmod(0o600)
    aside.replace(target)
