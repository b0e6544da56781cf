# Each target works alone on a fresh machine with Python >= 3.11, make and a package index.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_QUIET := 1

.PHONY: help demo test slow lint clean
.NOTPARALLEL: # two installations into one environment would disturb each other

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

demo: $(VENV)/.test ## the notebook's network: chain rule, pictures (in out/), comparison
	@$(RUN) models.notebook

test: $(VENV)/.test ## the tests, without the slow ones
	@$(RUN) pytest -n auto

slow: $(VENV)/.test ## the slow tests
	@$(RUN) pytest -n auto -m slow

lint: $(VENV)/.lint ## style and types
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(RUN) mypy

clean: ## remove everything that was made
	rm -rf $(VENV) out build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# The stamp .venv/.test says that the extra `test` is installed.
$(VENV)/.%: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("autograd_lite needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ": name a newer one, as in `make PYTHON=python3.12 test`")'
	@echo "Installing into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(RUN) pip install --editable '.[$*]'
	@touch $@
