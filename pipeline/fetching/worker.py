"""The child process that parses: one document in, its text out, under limits of memory, time and files.

It speaks over its standard streams: a line of JSON, then the bytes it announces. It never sends objects that would run code.
"""

from __future__ import annotations

import json
import sys
from typing import BinaryIO

from pipeline.errors import SourceError
from pipeline.fetching.extract import Extracted, extract

_HEADROOM = 64  # open files


def serve(inlet: BinaryIO, outlet: BinaryIO, memory: int, seconds: int) -> None:
    """Read documents until the stream ends; `memory` in bytes for the whole process, `seconds` of CPU for each document."""
    _limit(memory)
    while line := inlet.readline():
        head = json.loads(line)
        data = inlet.read(head["size"])
        _clock(seconds)
        outlet.write(_answer(data, head["name"], head["charset"]))
        outlet.flush()


def _answer(data: bytes, name: str, charset: str) -> bytes:
    try:
        made = _packed(extract(data, name, charset))
    except SourceError as error:
        made = {"error": str(error)}
    except MemoryError:
        made = {"error": f"{name or 'source'}: needs more memory than a source may (a broken or hostile document)"}
    except RecursionError:
        made = {"error": f"{name or 'source'}: nested too deeply (a broken or hostile document)"}
    body = json.dumps(made).encode()
    return json.dumps({"size": len(body)}).encode() + b"\n" + body


def _packed(extracted: Extracted) -> dict[str, object]:
    return {
        "text": extracted.text,
        "media_type": extracted.media_type,
        "extractor": extracted.extractor,
        "structure": extracted.structure.model_dump(mode="json"),
        **extracted.declared._asdict(),
        "encoding": extracted.encoding,
        "whole": extracted.whole,
    }


def _limit(memory: int) -> None:
    """Set what the system lets a process set: memory, no written files, few open ones, no core."""
    try:
        import resource
    except ImportError:  # Windows: the parent's clock is the only limit
        return
    for name, value in (("RLIMIT_AS", memory), ("RLIMIT_FSIZE", 0), ("RLIMIT_NOFILE", _HEADROOM), ("RLIMIT_CORE", 0)):
        try:
            _, hard = resource.getrlimit(getattr(resource, name))
            resource.setrlimit(getattr(resource, name), (value if hard < 0 else min(value, hard), hard))
        except (ValueError, OSError):  # macOS knows some of these and does not enforce them
            continue


def _clock(seconds: int) -> None:
    """Allow so many seconds of CPU from now; the system ends the process where they are spent."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer, int(sys.argv[1]), int(sys.argv[2]))
