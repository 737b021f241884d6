# Everything that can be done here. Only make, git and python3 >= 3.11 with venv are assumed.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test test-real test-grenade check format bench proof lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Stairlift needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## upgrade a simulated cloud with real Ansible (a minute)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/stairlift demo

test: $(READY) ## run every test that needs no root
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not real" tests

test-real: $(READY) ## start a real OpenStack on this machine and upgrade it (root, Debian)
	$(BIN)/python -m pytest -m real -o timeout=2400 -o log_cli=true tests/real

test-grenade: $(READY) ## run Grenade's tests against the real one (GRENADE_DIR=... DEVSTACK_DIR=...)
	@if test -x "$(GRENADE_DIR)/grenade.sh" -a -f "$(DEVSTACK_DIR)/stackrc"; then \
	  GRENADE_DIR="$(abspath $(GRENADE_DIR))" DEVSTACK_DIR="$(abspath $(DEVSTACK_DIR))" \
	    $(BIN)/python -m pytest tests/e2e/test_grenade_strategy.py; \
	else echo "skipped: GRENADE_DIR must name a checkout of Grenade and DEVSTACK_DIR one of DevStack"; fi

check: $(READY) ## lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(READY) ## put the code into the project's form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) $(VENV)-bench/.ready ## measure side by side; prints ratios
	$(BIN)/python -m bench

$(VENV)-bench/.ready: requirements/bench.txt
	$(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/python -m pip install --quiet --require-hashes --requirement requirements/bench.txt
	@touch $@

proof: $(READY) $(VENV)-bench/.ready ## what is too long for CI; writes docs/proof/
	bench/proof

lock: $(READY) ## resolve the requirement files anew
	$(BIN)/uv pip compile --quiet --no-header --generate-hashes --python-version 3.11 pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --no-header --generate-hashes --python-version 3.11 --extra postgresql pyproject.toml requirements/dev.in -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --no-header --generate-hashes --python-version 3.11 requirements/bench.in -o requirements/bench.txt

clean: ## remove the environment and all caches
	rm -rf $(VENV) $(VENV)-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist src/*.egg-info
