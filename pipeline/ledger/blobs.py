"""Content-addressed blobs in a folder; a blob is written whole or not at all, and checked when read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pipeline.errors import LedgerError, NotFound
from pipeline.text import sha256


class Blobs:
    """Bytes by their sha256, below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Store bytes and return their sha256; storing the same again does nothing."""
        digest = sha256(data)
        path = self._path(digest)
        if not path.exists():
            write_whole(path, data)
        return digest

    def get(self, digest: str) -> bytes:
        """Return the bytes; NotFound where there are none, LedgerError where they are not what was stored."""
        try:
            data = self._path(digest).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"blob {digest[:12]} is missing from {self.folder}: restore it from a backup") from None
        if sha256(data) != digest:
            raise LedgerError(f"blob {digest[:12]} in {self.folder} was changed on disk: restore it from a backup")
        return data

    def put_text(self, text: str) -> str:
        """Store text as UTF-8."""
        return self.put(text.encode())

    def get_text(self, digest: str) -> str:
        """Return text stored by `put_text`."""
        return self.get(digest).decode()

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new and nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:  # whatever ended it, Ctrl-C too: no half file stays behind
        temporary.unlink(missing_ok=True)
        raise
