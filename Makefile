# One command each. Only python 3.11 or newer with pip, and make, are assumed: no root, no git, no Docker.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
PIP := $(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --only-binary :all:
export PIP_ROOT_USER_ACTION := ignore
PACKAGES := service channels policies

.DEFAULT_GOAL := help
.PHONY: run test check cover audit bench lock help

run: $(READY)    ## start the service on an embedded store with sandbox adapters
	$(BIN)/forbear serve

test: $(READY)   ## run every test, on a real PostgreSQL that the run starts itself
	$(BIN)/python -m pytest

check: $(READY)  ## formatting, lint, types, import rules, and that the lock fits pyproject.toml
	$(BIN)/ruff format --check $(PACKAGES) tests benchmarks
	$(BIN)/ruff check $(PACKAGES) tests benchmarks
	$(BIN)/mypy $(PACKAGES)
	$(BIN)/lint-imports
	$(BIN)/python -m tests.architecture.lock_fits

cover: $(READY)  ## the tests with branch coverage, and its thresholds
	$(BIN)/python -m pytest --cov --cov-branch --cov-report=term-missing:skip-covered
	$(BIN)/coverage report --include='policies/*' --fail-under=100
	$(BIN)/coverage report --omit='policies/*' --fail-under=90

audit: $(READY)  ## the static checks that work without a network
	$(BIN)/ruff check --select S --ignore S101 $(PACKAGES)
	$(PYTHON) -m pip --python $(BIN)/python check

bench: $(READY)  ## what the README claims about speed, side by side in one run
	$(BIN)/python -m benchmarks

lock: $(READY)   ## resolve the dependencies again
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml --all-extras --group dev -o requirements.lock

help:            ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */\1\t/' | expand -t 10

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv --without-pip --clear .venv
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@
