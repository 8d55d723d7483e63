.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
DEMO ?= demo

.PHONY: help demo test test-model lint types schema wheel clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("sourcemark needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 ...") if not (3, 11) <= sys.version_info[:2] <= (3, 13) else None'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: .venv/installed ## install, then run the main job on the bundled example, offline
	@rm -rf $(DEMO)
	$(BIN)/sourcemark init $(DEMO)
	cd $(DEMO) && ../$(BIN)/sourcemark run sources/group-singing

test: .venv/installed ## the whole test suite, without network and without a key
	$(BIN)/python -m pytest

test-model: .venv/installed ## the pipeline with a small real model as a hostile writer and judge; skipped where it is not installed
	SOURCEMARK_TEST_MODEL=1 $(BIN)/python -m pytest -rs tests/test_model.py

lint: .venv/installed ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed ## mypy, strict
	$(BIN)/mypy

schema: .venv/installed ## fail where schemas/ or docs/commands.md is stale
	$(BIN)/sourcemark schema --check
	$(BIN)/python benchmarks/commands.py --check

wheel: .venv/installed ## build the wheel, and run the demo from it outside the checkout
	rm -rf dist
	$(BIN)/python -m build --wheel
	sh tests/wheel.sh dist/*.whl

clean: ## remove what the other targets made
	rm -rf .venv build dist demo
