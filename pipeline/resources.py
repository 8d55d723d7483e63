"""Where the bundled prompts, schemas and example sources are: in the wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path


def bundled(name: str) -> Path:
    """Return the folder `prompts`, `schemas` or `sources` that came with this program."""
    package = Path(__file__).parent
    inside = package / "bundled" / name
    return inside if inside.is_dir() else package.parent / name
