# Two commands do everything on a fresh machine with Python 3.11 and make:
#   make demo   sets up, generates a network, takes its copy apart and checks the result
#   make test   every test
PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.9
SETUP := .venv/.ready
DEMO ?= demo

.PHONY: demo check test lint format bench bench-network bench-search bench-grant bench-seed \
	bench-skew bench-devices bench-examiner fuzz screenshots clean help

help:
	@sed -n '1,4p' Makefile

$(SETUP): requirements.lock requirements-case.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "zegel needs Python 3.11 or later: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv/case
	$(BIN)/uv pip sync --quiet --compile-bytecode --python .venv/case/bin/python --require-hashes requirements-case.lock
	@touch $(SETUP)

demo: $(SETUP)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tests/demo.py $(DEMO)

lint: $(SETUP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint
	$(BIN)/pytest -q -n 2 -m "not slow" tests/unit tests/contract

# The tests start hundreds of processes: compiled once, or by each where the environment says that
# Python writes no bytecode
test: $(SETUP)
	$(BIN)/python -m compileall -q src tests
	$(BIN)/pytest -q -n 2 --dist loadgroup

bench: $(SETUP)
	$(BIN)/python -m bench.process
	$(BIN)/python -m bench.search
	$(BIN)/python -m bench.grants
	$(BIN)/python -m bench.fifty
	$(BIN)/python -m bench.dossier
	$(BIN)/python -m bench.privilege
	$(BIN)/python -m bench.pictures
	$(BIN)/python -m bench.casework
	$(BIN)/python -m bench.desk

bench-network: $(SETUP)
	$(BIN)/python -m bench.network

bench-search: $(SETUP)
	$(BIN)/python -m bench.search

bench-grant: $(SETUP)
	$(BIN)/python -m bench.grants
	$(BIN)/python -m bench.previews

# MESSAGES=50000, or STEPS=50000,200000,500000; SCRATCH=folder; says disk and time first
bench-seed: $(SETUP)
	$(BIN)/python -m bench.seed

# SIZE=0.01 for a hundredth
bench-skew: $(SETUP)
	$(BIN)/python -m bench.skew

bench-devices: $(SETUP)
	$(BIN)/python -m bench.devices

# SIZE=0.01 for a hundredth
bench-examiner: $(SETUP)
	$(BIN)/python -m bench.examiner $(SIZE)

fuzz: $(SETUP)
	$(BIN)/python -m tests.fuzz $(SECONDS_OF_FUZZ)

# Pictures of the pages of the web application, as the tests' browser shows them
screenshots: $(SETUP)
	ZEGEL_SCREENSHOTS="$(CURDIR)/build/screenshots" $(BIN)/pytest -q tests/browser/test_pages.py

format: $(SETUP)
	$(BIN)/ruff check --fix --select I
	$(BIN)/ruff format

clean:
	rm -rf .venv demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
