# `make demo` and `make test` do all the set-up that they need: python3 and make are enough.
# `make test PYTHON=python3.13` does so with another Python, in an environment of its own.

PYTHON ?= python3
VENV := .venv$(patsubst -python3,,-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
export OPENBLAS_NUM_THREADS ?= 2
# Two processes, each with a core of its own.
TESTS := OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

.PHONY: help demo examples test slow wheel long fuzz browser oracle quick lint format bench trust pictures clean

help:           ## list what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/'

demo: $(VENV)/demo  ## train on handwritten digits, draw the graph and its gradients into out/ (seconds)
	$(BIN)/python examples/demo.py

examples: $(VENV)/oracle  ## tell every story in full, beside the text's numbers, scikit-learn and PyTorch (many minutes)
	$(BIN)/python examples/run.py --docs docs/stories.md

test: lint      ## lint, then every test that needs neither PyTorch nor a package registry (5 minutes on 2 cores)
	$(TESTS)

slow: $(VENV)/dev  ## the tests that `make test` leaves out: a wheel in a fresh environment, long stories, planted faults (minutes)
	$(TESTS) -m slow tests

wheel: $(VENV)/dev  ## build a wheel, and use it in a fresh environment
	$(BIN)/python -m pytest -m slow tests/test_package.py

long: $(VENV)/dev  ## hundreds of cases of each op, and every mutant of every rule (long)
	HYPOTHESIS_PROFILE=long $(TESTS) tests/test_ops.py
	HYPOTHESIS_PROFILE=long $(TESTS) -m slow tests/test_mutants.py

fuzz: $(VENV)/fuzz  ## 10^6 inputs for each reader and each picture, guided by the lines they reach (an hour or two; RUNS=10000)
	for target in idx load dot html; do \
	  $(BIN)/python tests/fuzz/run.py $$target -runs=$(or $(RUNS),1000000) || exit 1; done

browser: $(VENV)/browser  ## the tests of the stepper's page in a real browser, which is Debian's chromium (2 minutes)
	$(BIN)/python -m pytest -m browser tests

oracle: $(VENV)/oracle  ## the tests that compare with PyTorch, which this installs (10 minutes)
	$(TESTS) tests/oracle

quick: $(VENV)/dev  ## the tests that take a second
	$(BIN)/python -m pytest tests/test_tiny.py

lint: $(VENV)/dev  ## ruff (format and lint) and mypy --strict (a minute the first time, then seconds)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/dev  ## let ruff lay out and mend the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/$(if $(PEERS),peers,oracle)  ## time and memory beside NumPy by hand and PyTorch: writes docs/benchmarks.md (an hour; QUICK=1: 2 minutes; PEERS=1: JAX and others too)
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(if $(PEERS),--peers) $(if $(CHECK),--check)

trust: $(VENV)/bench  ## how many wrong derivatives our gradcheck finds, PyTorch's and autograd's: writes docs/trust.md (30 minutes)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/trust.py

# Where pyenv only has this Python beside its usual one, it is asked for it by its version.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || PYENV_VERSION=$(patsubst python%,%,$(notdir $(PYTHON))) $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

# Two sets of packages, each installed again when pyproject.toml changes.
$(VENV)/demo: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[render,examples]'
	@touch $@

$(VENV)/dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/demo

$(VENV)/oracle: $(VENV)/dev
	$(BIN)/python -m pip install --quiet --editable '.[oracle]'
	@touch $@

$(VENV)/browser: $(VENV)/dev
	$(BIN)/python -m pip install --quiet --editable '.[browser]'
	@touch $@

$(VENV)/fuzz: $(VENV)/dev
	$(BIN)/python -m pip install --quiet --editable '.[fuzz]'
	@touch $@

$(VENV)/bench: $(VENV)/oracle
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	@touch $@

$(VENV)/peers: $(VENV)/oracle
	$(BIN)/python -m pip install --quiet --editable '.[peers]'
	@touch $@

pictures: $(VENV)/browser  ## make the pictures of README.md and of the guides anew, from their code
	$(BIN)/python docs/make_pictures.py
	$(BIN)/python docs/make_steps.py

clean:          ## remove the environments and everything that was made
	rm -rf .venv .venv-python* out dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
