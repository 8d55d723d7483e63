"""One call of the Messages API; every way in which it can fail becomes a ModelError that says what to do."""

from __future__ import annotations

import json
import os
from typing import Any

from pipeline.errors import ModelError, Unavailable

_TIMEOUT = 120.0  # seconds for one call, its retries apart
_TOKENS = 2_000


def ask(model: str, system: str, documents: list[dict[str, Any]], request: str) -> Any:
    """Send documents and a request, and return the whole `anthropic.types.Message`; it ended of its own accord."""
    import anthropic
    import httpx2

    if not os.environ.get("ANTHROPIC_API_KEY"):
        raise Unavailable("--writer claude needs ANTHROPIC_API_KEY; --writer extractive needs none")
    content = [*documents, {"type": "text", "text": request}]
    try:
        with anthropic.Anthropic(timeout=_TIMEOUT) as client:
            message = client.messages.create(
                model=model,
                max_tokens=_TOKENS,
                system=system,
                messages=[{"role": "user", "content": content}],  # type: ignore[misc, list-item]
            )
    except anthropic.APIStatusError as error:
        raise ModelError(f"{model}: HTTP {error.status_code}: {error.message} (request {error.request_id or 'without id'})") from None
    # The SDK wraps neither a cut connection nor a truncated body.
    except (anthropic.APIError, httpx2.HTTPError, json.JSONDecodeError) as error:
        raise ModelError(f"{model}: no whole answer ({type(error).__name__}): run the same command again") from None
    if message.stop_reason != "end_turn":
        why = {"refusal": "the model refused", "max_tokens": "the answer was cut off", None: "the answer ended early"}
        raise ModelError(f"{model}: {why.get(message.stop_reason, message.stop_reason)}: change the section's brief, or run again")
    return message
