"""The services that know where texts may be had; one small class each, found by entry point `sourcemark.providers`."""

from pipeline.fetching.providers.base import Api, Candidate, Found, Provider, Work

__all__ = ["Api", "Candidate", "Found", "Provider", "Work"]
