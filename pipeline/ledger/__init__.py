"""The store: records in SQLite, blobs in files named by their hash; append-only where it matters."""

from pipeline.ledger.store import Ledger

__all__ = ["Ledger"]
