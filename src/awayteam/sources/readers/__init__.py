"""Readers: where the bytes of a source come from, behind one interface."""

from awayteam.sources.readers.base import FileStat, Reader, ReadError, content_hash
from awayteam.sources.readers.folder import FolderReader
from awayteam.sources.readers.gittree import GitReader
from awayteam.sources.readers.opening import is_remote, open_source
from awayteam.sources.readers.paths import decode_path, encode_path
from awayteam.sources.readers.remote import open_remote, redacted

__all__ = [
    "FileStat",
    "FolderReader",
    "GitReader",
    "ReadError",
    "Reader",
    "content_hash",
    "decode_path",
    "encode_path",
    "is_remote",
    "open_remote",
    "open_source",
    "redacted",
]
