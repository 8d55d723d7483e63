"""Parsing in a child process: a document that eats memory or time, or crashes its parser, costs the child and not the run."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

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
_LINE = 300  # characters of an error


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
        child = self._idle.get()
        try:
            child = child or self._started()
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
        if found.error:
            raise SourceError(" ".join(found.error.split())[:_LINE])
        try:
            return found.unpacked()
        except ValueError:
            raise SourceError(f"{name or 'source'}: its parser gave an answer that is none") from None

    def _started(self) -> _Child:
        if self._closed:
            raise Stopped
        child = _Child(self._memory, self._seconds)
        self._all.add(child)
        if self._closed:  # in the meantime: `close` may not have seen this child
            child.end()
            raise Stopped
        return child

    def _replace(self, child: _Child | None) -> None:
        """End a child and give its place to one that is started when it is needed."""
        if child:
            child.end()
            self._all.discard(child)
        self._idle.put(None)


class _Head(BaseModel):
    """What a child announces."""

    model_config = ConfigDict(strict=True)

    size: int = Field(ge=0, le=_ANSWER)


class _Answer(BaseModel):
    """What a child says of a document; every field is checked, for the child may have been taken over by what it read."""

    model_config = ConfigDict(strict=True, extra="forbid")

    error: str = ""
    text: str = ""
    media_type: str = ""
    extractor: str = ""
    structure: Annotated[Structure, Field(strict=False)] = Structure()
    titles: list[str] = []
    authors: list[str] = []
    years: list[int] = []
    dois: list[str] = []
    encoding: str | None = None
    whole: bool = True

    def unpacked(self) -> Extracted:
        """Return the answer as `extract` gives it; ValueError where it does not hold together."""
        if not (self.text and self.media_type and self.extractor):
            raise ValueError("nothing was read")
        self.text.encode()  # refuses lone surrogates
        if any(not 0 <= item.start <= item.end <= len(self.text) for item in self.structure.stretches):
            raise ValueError("a stretch outside of the text")
        declared = Declared(tuple(self.titles), tuple(self.authors), tuple(self.years), tuple(self.dois))
        return Extracted(self.text, self.media_type, self.extractor, self.structure, declared, self.encoding, self.whole)


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

    def ask(self, data: bytes, name: str, charset: str, wall: float) -> _Answer:
        """Send a document and return the answer; SourceError where the child died or said nothing in time."""
        self.served += 1
        clock = threading.Timer(wall, self._process.kill)
        clock.daemon = True
        clock.start()
        try:
            return self._exchange(data, name, charset)
        except (OSError, ValueError, RecursionError):
            raise SourceError(
                f"{name or 'source'}: its parser needed too much memory or time, or crashed (a broken or hostile document)"
            ) from None
        finally:
            clock.cancel()

    def _exchange(self, data: bytes, name: str, charset: str) -> _Answer:
        inlet, outlet = self._process.stdin, self._process.stdout
        if inlet is None or outlet is None:  # not with the pipes asked for above
            raise OSError("no pipe")
        inlet.write(json.dumps({"size": len(data), "name": name, "charset": charset}).encode() + b"\n")
        inlet.write(data)
        inlet.flush()
        size = _Head.model_validate_json(outlet.readline(100)).size
        return _Answer.model_validate_json(outlet.read(size))

    def end(self) -> None:
        """End the process and take its remains away."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(OSError):
                    pipe.close()
