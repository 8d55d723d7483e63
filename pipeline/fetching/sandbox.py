"""Parsing in a child process: a document that eats memory or time, or crashes its parser, costs the child and not the run."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

from pipeline.errors import SourceError
from pipeline.fetching.extract import Extracted
from pipeline.fetching.network import Stopped
from pipeline.fetching.reading import Declared
from pipeline.records import Structure

_MEMORY = 1_500_000_000  # bytes of address space, the parsers' own libraries included
_SECONDS = 30  # of CPU for one document
_WALL = 90.0  # seconds after which a child that says nothing is ended
_DOCUMENTS = 200  # after which a child is replaced, so that what its parsers leak does not add up
_ANSWER = 400_000_000  # bytes; more is no answer of ours


class Sandbox:
    """Children that parse documents, at most so many at a time; safe to use from many threads."""

    def __init__(self, children: int = 2, *, memory: int = _MEMORY, seconds: int = _SECONDS, wall: float = _WALL) -> None:
        self._memory, self._seconds, self._wall = memory, seconds, wall
        self._idle: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        self._all: set[_Child] = set()
        self._closed = False
        for _ in range(children):
            self._idle.put(None)  # a place whose child is started when it is needed

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all children, those in the middle of a document too."""
        self._closed = True
        for child in list(self._all):
            child.end()

    def extract(self, data: bytes, name: str = "", charset: str = "") -> Extracted:
        """Return the text of a document as `extract.extract` does; SourceError also where it cost the child its life."""
        child = self._idle.get() or self._started()
        try:
            found = child.ask(data, name, charset, self._wall)
        except BaseException:  # whatever ended it, Ctrl-C too: a child in the middle of an answer is of no more use
            self._replace(child)
            if self._closed:
                raise Stopped from None
            raise
        if child.served >= _DOCUMENTS:
            self._replace(child)
        else:
            self._idle.put(child)
        if "error" in found:
            raise SourceError(found["error"])
        try:
            return _unpacked(found)
        except (KeyError, TypeError, ValueError):
            raise SourceError(f"{name or 'source'}: its parser gave an answer that is none") from None

    def _started(self) -> _Child:
        if self._closed:
            raise Stopped
        child = _Child(self._memory, self._seconds)
        self._all.add(child)
        return child

    def _replace(self, child: _Child) -> None:
        child.end()
        self._all.discard(child)
        self._idle.put(None)


class _Child:
    """One process, and what it was given to do."""

    def __init__(self, memory: int, seconds: int) -> None:
        self.served = 0
        # No proxy, key or token of the parent is of use to a parser.
        environment = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT") if name in os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.fetching.worker", str(memory), str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal is for the parent, which ends its children
        )

    def ask(self, data: bytes, name: str, charset: str, wall: float) -> dict[str, Any]:
        """Send a document and return the answer; SourceError where the child died or said nothing in time."""
        self.served += 1
        clock = threading.Timer(wall, self._process.kill)
        clock.daemon = True
        clock.start()
        try:
            return self._exchange(data, name, charset)
        except (OSError, ValueError, KeyError):
            raise SourceError(
                f"{name or 'source'}: its parser needed too much memory or time, or crashed (a broken or hostile document)"
            ) from None
        finally:
            clock.cancel()

    def _exchange(self, data: bytes, name: str, charset: str) -> dict[str, Any]:
        inlet, outlet = self._process.stdin, self._process.stdout
        if inlet is None or outlet is None:  # not with the pipes asked for above
            raise OSError("no pipe")
        inlet.write(json.dumps({"size": len(data), "name": name, "charset": charset}).encode() + b"\n")
        inlet.write(data)
        inlet.flush()
        size = json.loads(outlet.readline(100))["size"]
        if not isinstance(size, int) or size > _ANSWER:
            raise ValueError("no answer of ours")
        found: dict[str, Any] = json.loads(outlet.read(size))
        return found

    def end(self) -> None:
        """End the process and take its remains away."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(OSError):
                    pipe.close()


def _unpacked(found: dict[str, Any]) -> Extracted:
    """Rebuild the answer, every field validated: the child may have been taken over by what it read."""
    declared = {name: tuple(values) for name, values in dict(found["declared"]).items()}
    return Extracted(
        text=str(found["text"]),
        media_type=str(found["media_type"]),
        extractor=str(found["extractor"]),
        structure=Structure.model_validate(found["structure"]),
        declared=Declared(**declared),
        encoding=found["encoding"],
        whole=bool(found["whole"]),
    )
