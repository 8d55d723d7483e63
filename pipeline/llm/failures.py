"""Every way in which a call can fail, as one of our errors with the request's id and what to do.

The SDK wraps neither a cut connection, nor a stalled one, nor a truncated body, and says nothing where a stream just ends.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import json
from collections.abc import Mapping

from pipeline.errors import InvalidAnswer, Misconfigured, ModelError, Refused, Transient
from pipeline.llm.requests import WHOLE, Reply

_UNREACHED = 5  # tries at a service that cannot be reached at all
_PASSING = frozenset({408, 409, 429})
_PASSING_TYPES = frozenset({"overloaded_error", "rate_limit_error", "api_error", "timeout_error"})
_ADVICE = {
    400: "the request is wrong for this model or service: `sourcemark doctor --service` says what it can do",
    401: "ANTHROPIC_API_KEY is not valid here",
    402: "the account has no credit",
    403: "the key may not use this model or address",
    404: "no such model or address: look at `model`, `judge_model` and ANTHROPIC_BASE_URL",
    413: "the request is too long: fewer or shorter sources, or a smaller `passages`",
}


def told(error: Exception, model: str) -> ModelError:
    """Return our error for one of the SDK's, of its HTTP library's, or of decoding."""
    import anthropic
    import httpx2

    if isinstance(error, anthropic.APIStatusError):
        return _status(error, model)
    late = isinstance(error, anthropic.APITimeoutError) and not isinstance(error.__cause__, httpx2.ConnectTimeout)
    if late or isinstance(error, TimeoutError):
        return Transient(f"{model}: no answer in time: run again, or raise `call_timeout`")
    if isinstance(error, anthropic.APIConnectionError):
        return _unreached(error.__cause__ or error, model)
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return Transient(f"{model}: the answer was cut or is not JSON: run again")
    return Transient(f"{model}: the connection broke off ({type(error).__name__}): run again")


def _unreached(cause: BaseException, model: str) -> ModelError:
    import httpx2

    why = str(cause).rstrip(".") or "no connection in time"
    if isinstance(cause, httpx2.UnsupportedProtocol | httpx2.InvalidURL):
        return Misconfigured(f"{model}: ANTHROPIC_BASE_URL: {why}")
    tries = _UNREACHED if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout) else None
    return Transient(f"{model}: {why}: run again; is ANTHROPIC_BASE_URL right, and the network up?", tries=tries)


def _status(error: object, model: str) -> ModelError:
    import anthropic

    assert isinstance(error, anthropic.APIStatusError)
    status, kind, asked = error.status_code, error.type or "", error.request_id or "without id"
    text = f"{model}: {f'HTTP {status}' if status != 200 else 'error in the answer'}: {error.message} (request {asked})"
    should = error.response.headers.get("x-should-retry")
    passing = status in _PASSING or status >= 500 or (status == 200 and kind in {*_PASSING_TYPES, ""})
    if should == "true" or (passing and should != "false"):
        return Transient(f"{text}: run again later", wait(error.response.headers))
    return Misconfigured(f"{text}: {_ADVICE.get(status, 'the service will not answer this request')}")


def wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `retry-after-ms` or `retry-after` (seconds or a date) ask for, or None."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        given = headers.get(name, "")
        try:
            return max(0.0, float(given) / unit)
        except ValueError:
            pass
        try:
            at = email.utils.parsedate_to_datetime(given)
        except (TypeError, ValueError):
            continue
        return max(0.0, (at.replace(tzinfo=at.tzinfo or dt.UTC) - dt.datetime.now(dt.UTC)).total_seconds())
    return None


def whole(reply: Reply, purpose: str) -> Reply:
    """Return a reply that ended of its own accord; InvalidAnswer or Refused for one that did not."""
    if reply.stop in WHOLE:
        return reply
    if reply.stop == "refusal":
        why = reply.details.get("explanation") or reply.details.get("category") or "no reason given"
        raise Refused(f"{reply.model}: refused “{purpose}” ({why}): change its brief or its sources, or ask another model")
    if reply.stop in {"max_tokens", "model_context_window_exceeded"}:
        raise InvalidAnswer(f"{reply.model}: the answer to “{purpose}” was cut off ({reply.stop}): ask for less in its brief")
    raise InvalidAnswer(f"{reply.model}: the answer to “{purpose}” ended as {reply.stop!r}, which this program does not know")
