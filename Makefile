# `make demo` and `make test` do all the set-up that they need: python3 and make are enough.

PYTHON ?= python3
BIN := .venv/bin
export OPENBLAS_NUM_THREADS ?= 2

.PHONY: help demo examples test oracle quick lint format bench clean

help:           ## list what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/'

demo: .venv/demo  ## train on handwritten digits, draw the graph and its gradients into out/
	$(BIN)/python examples/demo.py

examples: .venv/oracle  ## tell every story (minutes), beside the text's numbers, scikit-learn and PyTorch
	$(BIN)/python examples/run.py --docs docs/stories.md

test: lint      ## lint, then every test
	$(BIN)/python -m pytest -n 2

oracle: .venv/oracle  ## the tests that compare with PyTorch, which this installs
	$(BIN)/python -m pytest -n 2 tests/oracle

quick: .venv/dev  ## the tests that take a second
	$(BIN)/python -m pytest tests/test_tiny.py

lint: .venv/dev   ## ruff (format and lint) and mypy --strict
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv/dev  ## let ruff lay out and mend the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/oracle  ## time and memory beside NumPy by hand and PyTorch eager
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/lenet.py
	$(BIN)/python benchmarks/indexing.py
	$(BIN)/python benchmarks/data.py
	$(BIN)/python benchmarks/optimizers.py
	$(BIN)/python benchmarks/recurrent.py
	$(BIN)/python benchmarks/transformer.py

.venv/bin/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

# Two sets of packages, each installed again when pyproject.toml changes.
.venv/demo: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[render,examples]'
	@touch $@

.venv/dev: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ .venv/demo

.venv/oracle: .venv/dev
	$(BIN)/python -m pip install --quiet --editable '.[oracle]'
	@touch $@

clean:          ## remove the environment and everything that was made
	rm -rf .venv out dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
