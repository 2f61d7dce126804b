# One command each. Only python 3.11 or newer with pip, and make, are assumed: no root, no git, no compiler, no Docker.
PYTHON ?= python3
BIN := .venv/bin
PACKAGES := service channels policies documents
SOURCES := $(PACKAGES) tests benchmarks clients docsite
T ?= tests
FAST := not slow and not node and not browser
JOBS ?= auto
SPREAD := -n $(JOBS) --dist worksteal
COVER ?=
FLOORS = $(BIN)/coverage report --include='policies/*,documents/*' --fail-under=100 && \
	{ test "$(T)" != tests || $(BIN)/coverage report --omit='policies/*,documents/*' --fail-under=90; }
SEED ?= 1
KILLS ?= 300
SECONDS ?= 0
RUNS ?= 50
ADAPTIVE ?=
CELLS ?= 1
PACKS ?=

# `venv` dies where Debian keeps ensurepip in a package of its own, and the system's pip may not install into the system: so
# an environment without pip, and the system's pip told to install into it. Wheels only, since there is no compiler.
PIP := $(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --no-compile --only-binary :all: --no-deps
export PIP_ROOT_USER_ACTION := ignore
# Modules are compiled once and not anew by each of the many processes that tests start, whatever the caller's shell says.
unexport PYTHONDONTWRITEBYTECODE
RUNTIME := .venv/.runtime
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: run test slow check cover lock bench chaos caps audit mutants reference clients site replies help shots words

run: $(RUNTIME)      ## start the service on an embedded store with sandbox adapters
	$(BIN)/forbear serve

test: $(READY)    ## run the tests, or those of T=path, on every core (JOBS=1), each with a real PostgreSQL that the run starts itself
	$(if $(COVER),rm -f .coverage .coverage.*)
	$(BIN)/python -m pytest $(T) -m "$(FAST)" $(SPREAD) $(if $(COVER),--cov --cov-report=)
	@$(if $(COVER),{ $(FLOORS); } >.venv/covered.txt || { cat .venv/covered.txt; exit 1; })

# A campaign kills a dozen processes of its own and judges by their times: one after another, alone.
slow: $(READY)    ## run the second tier: processes that are killed, many worlds, a browser, other people's servers
	$(BIN)/python -m pytest tests -m "not ($(FAST))" --ignore=tests/chaos -n $(JOBS) --dist loadfile --durations=12
	$(BIN)/python -m pytest tests/chaos -m "not ($(FAST))" --durations=12

check: $(READY)   ## formatting, lint, types, import rules, and that the lock fits pyproject.toml
	$(BIN)/ruff format --check $(SOURCES) docs .ci/subset .ci/lock-fits .ci/secrets
	$(BIN)/ruff check $(SOURCES) docs .ci/subset .ci/lock-fits .ci/secrets
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/lock-fits

cover: ## run the first tier, or those of T=path, under branch coverage: policies and documents 100 %, in a whole run the rest 90 %
	@$(MAKE) --no-print-directory test COVER=1
	@cat .venv/covered.txt

audit: $(READY)   ## the static security checks that need no network
	$(BIN)/ruff check --select S --ignore S101 --per-file-ignores 'service/store/*:S608,service/settings.py:S104' $(PACKAGES)
	$(BIN)/python .ci/secrets
	$(BIN)/python .ci/lock-fits
	$(PYTHON) -m pip --python $(BIN)/python check --disable-pip-version-check

bench: $(READY)   ## measure what the README claims about speed, side by side in one run
	$(BIN)/python -m benchmarks

chaos: $(READY)   ## kill, cut, jump and judge: SEED=1 KILLS=300 SECONDS=0 ADAPTIVE=; writes var/chaos/report-SEED.md
	$(BIN)/python -m tests.chaos $(SEED) $(KILLS) $(SECONDS) var/chaos/report-$(SEED).md $(if $(ADAPTIVE),adaptive)

mutants: $(READY) ## change each number and choice of the packs and show that a case fails: PACKS="us-reg-f house-strict"
	$(BIN)/python -m tests.policies.mutants $(PACKS)

reference: $(RUNTIME) ## write docs/policy-reference.md, docs/policy-schema.json and docs/law.md from the models and packs
	$(BIN)/forbear policy reference >docs/policy-reference.md
	$(BIN)/forbear policy schema >docs/policy-schema.json
	$(BIN)/forbear policy law >docs/law.md

site: $(READY)    ## build the documentation site into var/site/html
	$(BIN)/python -m docsite.build

clients: $(READY) ## write the generated parts of clients/ from the OpenAPI document; the TypeScript types where npm is there
	$(BIN)/python -m clients.generate

replies: $(READY) ## write what replies are compared with, and docs/replies.md: how far they are taken for what they are
	$(BIN)/python -m tests.policies.likening >policies/reading/likeness.new
	mv policies/reading/likeness.new policies/reading/likeness.txt
	$(BIN)/python -m tests.policies.replying >docs/replies.md

caps: $(READY)    ## 3 workers, 200 borrowers, 20 notices each, a cap of 3: exactly 3 to each, in each of RUNS=50 runs, over CELLS=1 servers
	$(BIN)/python -m tests.chaos.caps $(RUNS) $(CELLS)

shots: $(READY)   ## pictures of every page of the console on planted data, in every language, light, dark and small, into var/shots; needs chromium
	$(BIN)/python -m tests.console.shots var/shots

words: $(READY)   ## bring the catalogues of the console's words up to date with its pages
	$(BIN)/python -m tests.console.gathering

lock: $(READY)    ## resolve the dependencies again into requirements.lock
	$(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml --all-extras --group dev -o requirements.lock

help:             ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */\1\t/' | expand -t 10

# What the service needs to run, enough for `make run`: it is there in half the time of the whole.
$(RUNTIME): requirements.lock
	@echo "Installing what the service needs into .venv, once; half a minute on a usual line …"
	$(PYTHON) -m venv --without-pip --clear .venv
	$(PYTHON) .ci/subset embedded hatchling editables >.venv/runtime.txt
	$(PIP) --require-hashes -r .venv/runtime.txt
	$(PIP) --no-build-isolation -e .
	@touch $@

# And everything else in the lock: what tests, checks and measures it.
$(READY): $(RUNTIME)
	$(PIP) --require-hashes -r requirements.lock
	@touch $@
