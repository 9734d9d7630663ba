# Two commands on a machine that has git, Python and make:
#   make demo   audits the demo shop in fixtures/demo-shop
#   make test   runs the whole test suite
# Both make .venv when it is missing or when pyproject.toml changed, and say what they do.

PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

.PHONY: demo test test-offline test-traced lint audit package clean

demo: .venv/installed
	@echo "Auditing the demo shop: a Next.js + Supabase + Stripe + Resend + S3 project with planted mistakes."
	@$(BIN)/python -m tests.demo

test: .venv/tested
	@echo "Running the test suite."
	@$(BIN)/python -m pytest

test-offline: .venv/tested
	@echo "Running the test suite in a network namespace without interfaces (Linux)."
	@$(BIN)/python -m tests.trust.suite offline

test-traced: .venv/tested
	@echo "Running the test suite under strace, and judging what driftline did (Linux)."
	@$(BIN)/python -m tests.trust.suite traced

lint: .venv/tested
	@echo "Checking types, style and the walls between the rooms."
	@$(BIN)/mypy
	@$(BIN)/ruff check src tests benchmarks docs
	@$(BIN)/ruff format --check src tests benchmarks docs
	@$(BIN)/lint-imports

# The hooks of .pre-commit-config.yaml are the programs of .venv.
audit: export PATH := $(CURDIR)/$(BIN):$(PATH)
audit: .venv/tested
	@echo "Auditing this repository with driftline, and running its pre-commit hooks."
	@$(BIN)/driftline check --no-live --quiet .
	@$(BIN)/pre-commit run --all-files

package: .venv/tested
	@echo "Building the sdist and the wheel, and using the wheel from a virtual environment of its own."
	@$(BIN)/python -m tests.package

.venv/installed: pyproject.toml
	@echo "Making .venv and installing driftline into it."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@$(BIN)/python -m compileall -q src  # as an installed package is: also where Python is told to write no bytecode
	@touch $@

.venv/tested: .venv/installed
	@echo "Installing the test extra."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test]"
	@touch $@

clean:
	rm -rf .venv
