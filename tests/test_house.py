"""The house: imports run downwards, rooms stay small, nothing but the command line prints."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent / "pipeline"
FLOORS = {
    "errors": 0, "text": 0, "resources": 0,
    "settings": 1, "records": 1, "articles": 2, "ledger": 2, "lineage": 1, "versions": 2, "markup": 2,
    "fetching": 3, "llm": 3, "checking": 3, "writing": 4, "exports": 4, "stages": 5,
    "estimating": 5, "run": 6, "auditing": 7, "replaying": 7, "importing": 7, "refreshing": 7, "regenerating": 7, "cli": 8, "__main__": 9,
}  # fmt: skip


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module and "pipeline" in node.module}


def floor(module: str) -> int:
    parts = module.split(".")
    return FLOORS[parts[1]] if len(parts) > 1 else 0


def test_imports_run_downwards() -> None:
    for path in ROOT.rglob("*.py"):
        name = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
        for target in imports(path):
            assert floor(target) <= floor(name), f"{name} imports {target}"


def test_rooms_stay_small() -> None:
    for path in ROOT.rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 450, path


def test_modules_and_classes_have_docstrings() -> None:
    for path in ROOT.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path}: {node.name}"
