# Each target works alone on a fresh machine with Python >= 3.11, make and a package index.

PYTHON ?= python3
VENV := .venv
BENCH := .venv-bench
ORACLES := .venv-oracles
RUN := $(VENV)/bin/python -m

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_QUIET := 1

.PHONY: help demo test slow oracles mutants lint bench clean
.NOTPARALLEL: # two installations into one environment would disturb each other

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

demo: $(VENV)/.test ## the notebook's network: chain rule, pictures (in out/), comparison
	@$(RUN) models.notebook

test: $(VENV)/.test ## the tests, without the slow ones
	@$(RUN) pytest -n auto

slow: $(ORACLES)/.peers ## the slow tests, with numba
	@$(ORACLES)/bin/python -m pytest -n auto -m slow --ignore tests/test_beside_torch.py # that is for oracles

oracles: $(ORACLES)/.peers ## beside PyTorch and JAX: layers, 2,000 random programs, 10 minutes (SEED=1)
	@$(ORACLES)/bin/python -m pytest -q -m slow tests/test_beside_torch.py
	@$(ORACLES)/bin/python -m tests.programs --jobs 2 $(if $(SEED),--from $(SEED)) $(if $(WITHOUT),--without $(WITHOUT))

mutants: $(VENV)/.test ## whether a test fails for each of some 300 changes, 20 minutes at first
	@$(RUN) tests.mutants

lint: $(VENV)/.lint ## style and types
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(RUN) mypy
	@$(RUN) mypy --strict tests/typed.py

bench: $(BENCH)/.peers ## the benchmarks beside the peers, 20 minutes (OPTIONS="--only PATTERN")
	@$(BENCH)/bin/python -m tests.benchmarks $(OPTIONS)

clean: ## remove everything that was made
	rm -rf $(VENV) $(BENCH) $(ORACLES) out build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# A new environment, after asking whether Python is new enough.
define environment
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("autograd_lite needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ": name a newer one, as in `make PYTHON=python3.12 test`")'
	@echo "Installing into $(@D)"
	@$(PYTHON) -m venv $(@D)
endef

# The stamp .venv/.test says that the extra `test` is installed.
$(VENV)/.%: pyproject.toml
	$(environment)
	@$(RUN) pip install --editable '.[$*]'
	@touch $@

# The peers, and the package beside them, apart from the environment of the tests.
$(BENCH)/.peers: pyproject.toml tests/benchmarks/peers.txt
	$(environment)
	@$(BENCH)/bin/python -m pip install --editable '.[fast]' --requirement tests/benchmarks/peers.txt
	@touch $@

$(ORACLES)/.peers: pyproject.toml tests/programs/peers.txt
	$(environment)
	@$(ORACLES)/bin/python -m pip install --editable '.[test,oracles,dask]' --constraint tests/programs/peers.txt
	@touch $@
