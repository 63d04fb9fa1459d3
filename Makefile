# Every target is a line or two over .venv; `make help` lists them.
# PIP_ARGS reaches pip, for instance PIP_ARGS='--extra-index-url URL' for an index of CPU builds of torch.

SHELL := /bin/sh
.DEFAULT_GOAL := help

PIP_ARGS ?=
EXTRA ?= demo
PYTHONS ?= python3.11 python3.12 python3.13 python3
BIN := .venv/bin
REDIS7 ?= /usr/bin/redis-server
SERVED ?= tests/contract tests/integration tests/acceptance tests/faults tests/rollback tests/rollout

# What is installed is known by its content: a fresh checkout's newer dates reinstall nothing, while
# another constraint, or a clone that was moved together with its .venv, does.
KEY := $(shell { cat pyproject.toml constraints.txt; pwd; } | cksum | cut -d' ' -f1)
DEMO := .venv/.demo-$(KEY)
DEV := .venv/.dev-$(KEY)
BENCH := .venv/.bench-$(KEY)

.PHONY: help setup demo test test-redis7 test-ray bench-stream bench-train results bench-handle bench-decisions mutants faults-bus faults-artifacts proof-rollback proof-rollout lint format types clean

help: ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1	\2/p' Makefile

setup: $(DEV) ## Install everything into .venv: the demo and the developers' tools

demo: $(DEMO) ## Replay years of real daily prices through the whole loop
	$(BIN)/clm demo $(ARGS)

test: $(DEV) ## Run the tests; ARGS='-k words' picks some
	$(BIN)/python -m pytest $(ARGS)

bench-stream: $(BENCH) ## Measure the event path beside its peers; ARGS=--quick only shows that it runs
	$(BIN)/python -m benchmarks.stream $(ARGS)

bench-train: $(DEV) ## Measure training and scoring beside the bare libraries; DATA=folder takes real candles, ARGS='--only ROW' a row
	$(BIN)/python -m benchmarks.train $(if $(DATA),--data $(DATA)) $(ARGS)

results: $(DEV) ## Show what each model forecasts on real candles and what it costs; DATA=folder, ARGS='--folds 2' picks fewer
	$(BIN)/python -m benchmarks.train.results --data $(DATA) $(ARGS)

bench-handle: $(DEV) ## Measure a forecast by the handle beside the bare model, and what a swap costs
	$(BIN)/python -m benchmarks.handle $(ARGS)

bench-decisions: $(BENCH) ## Show what the decision rules decide when the truth is known; DATA=folder adds real candles
	$(BIN)/python -m benchmarks.decisions $(if $(DATA),--data $(DATA)) $(ARGS)

mutants: $(DEV) ## Show that tests notice every changed threshold or sign of the statistics; ARGS='decay duel' picks some
	$(BIN)/python -m tests.mutation $(ARGS)

faults-bus: $(DEV) ## Show what the bus survives, in five minutes; SERVER=program tries another server
	$(BIN)/python -m tests.faults.bus $(if $(SERVER),--server $(SERVER)) $(ARGS)

faults-artifacts: $(DEV) ## Damage a thousand bundles of each model type: the trader never loads one
	$(BIN)/python -m tests.faults.artifacts $(ARGS)

proof-rollback: $(DEV) ## Show that what decays is rolled back, server killed or not; DATA=folder adds real candles
	$(BIN)/python -m tests.rollback $(if $(DATA),--data $(DATA)) $(ARGS)

proof-rollout: $(DEV) ## Show that racing, killed promoters leave one order and one log; five minutes
	$(BIN)/python -m tests.rollout $(if $(SERVER),--server $(SERVER)) $(ARGS)

test-redis7: $(DEV) ## Run what needs a server on Debian's redis-server instead of the embedded Valkey
	@test -x $(REDIS7) || { echo "no $(REDIS7): install it (Debian, Ubuntu: apt install redis-server)" >&2; exit 1; }
	CLM_TEST_SERVER=$(REDIS7) $(BIN)/python -m pytest $(SERVED) $(ARGS)

test-ray: $(DEV) ## Train groups of symbols on a local Ray cluster: a minute or two
	CLM_TEST_RAY=1 $(BIN)/python -m pytest -m ray tests/unit/learning $(ARGS)

lint: $(DEV) ## Check style and format
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

format: $(DEV) ## Put style and format right where a machine can
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

types: $(DEV) ## Check types
	$(BIN)/python -m mypy

clean: ## Remove what was built and installed; .clm holds your data and stays
	rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist lightning_logs
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Name an interpreter that really runs (a version manager's shim may not) and is new enough.
.venv/bin/python:
	@rm -rf .venv; \
	for python in $(PYTHONS); do \
	  $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || continue; \
	  echo "creating .venv with $$python"; \
	  $$python -c 'import ensurepip, venv' 2>/dev/null && $$python -m venv .venv && exit 0; \
	  rm -rf .venv; \
	  echo "$$python has no venv module: install it (Debian, Ubuntu: apt install $$python-venv)" >&2; \
	done; \
	echo "no Python 3.11, 3.12 or 3.13 that can make a virtual environment among: $(PYTHONS)" >&2; exit 1

$(DEMO) $(DEV) $(BENCH): | .venv/bin/python

# The developers' extra holds the demo's, so either stamp will do for the demo.
$(DEMO):
	@test -e $(DEV) || $(MAKE) --no-print-directory install EXTRA=demo
	@touch $@

$(BENCH):
	@$(MAKE) --no-print-directory install EXTRA=bench
	@touch $@

$(DEV):
	@$(MAKE) --no-print-directory install EXTRA=dev
	@touch $@

.PHONY: install
install:
	@echo "installing .[$(EXTRA)] into .venv, about 2 GB: one to three minutes, once"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --editable '.[$(EXTRA)]' --constraint constraints.txt $(PIP_ARGS)
	@echo "compiling the loop over events: half a minute, once"
	@$(BIN)/python -m clm.store.compiled
	@$(BIN)/python -c 'import lightgbm' || { \
	  echo "LightGBM needs the OpenMP runtime (Debian, Ubuntu: apt install libgomp1; macOS: brew install libomp)" >&2; exit 1; }
