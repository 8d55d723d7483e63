"""The service as one run sees it: who pays, in which take, and whether somebody waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.errors import Misconfigured, ModelError
from pipeline.llm.batches import collect
from pipeline.llm.client import Account, Heard, Service, unheard
from pipeline.llm.requests import Reply, Request


class Caller(NamedTuple):
    """Asks in the name of one run."""

    service: Service
    account: Account
    take: str = ""
    """Which take of the same requests this is; see `Request.take`."""
    waits: bool = True
    """Whether somebody waits for the answers; where nobody does, bulk goes through batches."""

    def ask_all(self, requests: Sequence[Request], heard: Heard = unheard) -> list[Reply | ModelError]:
        """Return the answers in the order of the requests, or the error of each."""
        return self.service.ask_all(self._taken(requests), self.account, heard)

    def in_bulk(self, requests: Sequence[Request], heard: Heard = unheard) -> list[Reply | ModelError]:
        """Return the same through a batch where the settings allow it; what a batch does not answer is asked one by one."""
        taken = self._taken(requests)
        wanted = self.service.settings.batches
        if wanted == "always" or (wanted == "auto" and not self.waits):
            try:
                collect(self.service, self.account, taken, heard)
            except Misconfigured:  # a service without batches; whatever else is wrong, the calls below will say it again
                if wanted == "always":
                    raise
        return self.service.ask_all(taken, self.account, heard)

    def _taken(self, requests: Sequence[Request]) -> list[Request]:
        return [request._replace(take=f"{self.take} {request.take}".strip()) for request in requests]
