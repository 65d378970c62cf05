# Bare `make` prints the help. Every target sets up what it needs in .venv; ARGS is passed on.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
ARGS ?=

.PHONY: help demo audit test check lint lock messages bench fuzz torture torture-guards torture-delivery clean
.DEFAULT_GOAL := help

help: ## this text
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

demo: .venv/.runtime ## start everything on this machine, load the CDNOW history, keep it alive; ARGS='--exit --json'
	$(BIN)/pulse demo $(ARGS)

audit: .venv/.runtime ## the demo's load, then every score three ways: live, rebuilt, by SQL alone; ARGS='--json'
	$(BIN)/pulse demo --exit --audit $(ARGS)

test: .venv/.dev ## run the tests; ARGS='tests/schemas -x'; what needs Apache Kafka or Chromium is skipped without it
	$(BIN)/python -m pytest $(ARGS)

check: lint test ## all that CI runs: lint, then test

lint: .venv/.dev ## ruff, format, mypy --strict, import contracts, catalogues complete
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports
	$(BIN)/python -m pulse.messages --check

messages: .venv/.runtime ## renew the catalogues of the other languages from code and templates; says what is to be filled in
	$(BIN)/python -m pulse.messages

lock: .venv/.dev ## write requirements/*.txt from pyproject.toml, with hashes; ARGS=--upgrade takes newer versions
	requirements/lock.sh $(ARGS)

bench: .venv/.fit ## measure, ours beside its peers; ARGS='engine --quick --json'; needs Java, Maven, Linux
	$(BIN)/python -m benchmarks $(or $(ARGS),engine)

fuzz: .venv/.dev ## feed the worker's own path what is no event, or hardly one; N=1000000 SEED=1 ARGS=--json
	$(BIN)/python -m tests.fuzz --records $(or $(N),1000000) --seed $(or $(SEED),1) $(ARGS)

torture: .venv/.dev ## kill -9 the engine under load, then compare every account; KILLS=300 SEED=1 ARGS=--json
	$(BIN)/python -m tests.torture --kills $(or $(KILLS),50) --seed $(or $(SEED),1) $(ARGS)

torture-guards: .venv/.dev ## take out one guard of the engine at a time: the torture must find it
	$(BIN)/python -m tests.torture.guards $(ARGS)

torture-delivery: .venv/.dev ## kill -9 delivery while it tells people; KILLS=200 SEED=1 ARGS=--json
	$(BIN)/python -m tests.torture_delivery --kills $(or $(KILLS),50) --seed $(or $(SEED),1) $(ARGS)

clean: ## remove caches and build output; keeps .venv and the data in var/
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build *.egg-info

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ...")'
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements/runtime.txt requirements/build.txt pyproject.toml | .venv/bin/python
	@echo "Setting up .venv: some 80 packages, over a gigabyte installed, one to three minutes"
	$(PIP) --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.fit: requirements/fit.txt .venv/.runtime
	$(PIP) --require-hashes -r requirements/fit.txt
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.runtime
	$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@
