# Set-up is part of every target: `make demo` and `make test` work on a fresh machine with Python 3.11 or newer.
PYTHON ?= python3
PY := .venv/bin/python
LOCKS := requirements-uv.lock requirements.lock pyproject.toml
STAMP := .venv/installed

.PHONY: help demo test test-all lint bench lab clean lock ready
.DEFAULT_GOAL := help

help:            ## What can be made
	@grep -hE '^[a-z-]+: .*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

demo: ready      ## A demo client, all six steps for two quarters, its reports, and where to open them
	@$(PY) -m kpi_toolkit demo

test: ready      ## The tests
	@$(PY) -m pytest -n 2 --dist loadfile -m "not slow"

test-all: ready  ## The tests, the slow ones too, and the checks of `make lint`
	@$(MAKE) --no-print-directory lint
	@$(PY) -m pytest -n 2 --dist loadfile

lint: ready      ## Style, types, layers, thin notebooks
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' --no-cache
	@$(PY) -m tests.notebooks_are_thin

bench: ready     ## Speed of the measures against hand-written SQL
	@$(PY) benchmarks/measures.py

lab: ready       ## JupyterLab on the notebooks
	@$(PY) -m jupyterlab notebooks

clean:           ## Remove the environment, the demo client and caches
	rm -rf .venv client_data/demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

lock: ready      ## Write requirements.lock anew from pyproject.toml
	@UV_CUSTOM_COMPILE_COMMAND="make lock" .venv/bin/uv pip compile --universal --fork-strategy fewest --generate-hashes \
	  --no-emit-index-url --python-version 3.11 --extra dev -q pyproject.toml -o requirements.lock

# The environment is right when the copies of the lock files in it are those of the checkout.
ready:
	@set -e; for file in $(LOCKS); do cmp -s $$file $(STAMP)/$$file || exec $(MAKE) --no-print-directory install; done

.PHONY: install
install:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "This Python cannot make environments. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@[ -x $(PY) ] && $(PY) -c 'import sys' 2>/dev/null || { rm -rf .venv && $(PYTHON) -m venv .venv; }
	@echo "Installing the locked packages into .venv (about 1.2 GB, once) …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@VIRTUAL_ENV="$$PWD/.venv" $(PY) -m uv pip sync --quiet --require-hashes requirements.lock
	@VIRTUAL_ENV="$$PWD/.venv" $(PY) -m uv pip install --quiet --no-deps --no-build-isolation -e .
	@rm -rf $(STAMP) && mkdir -p $(STAMP) && cp $(LOCKS) $(STAMP)
