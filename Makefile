VENV ?= .venv
PYTHON ?=
ARGS ?=
UV ?= uv
export VENV PYTHON
unexport PYTHONPATH PYTHONHOME
BIN := $(VENV)/bin
LOCK := $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --custom-compile-command "make lock" --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test setup check bench eval kill-test conformance browser-test lock clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1 \t\2/p' Makefile | expand -t 20

demo: ## set up, then run the worked example: a lead becomes an approved, sent sequence
	@setup/venv run
	@$(BIN)/revloops demo $(ARGS)

test: ## set up what the tests need, and run them all
	@setup/venv dev
	@$(BIN)/python -m pytest -n 2 -q $(ARGS)

setup: ## everything, into .venv
	@setup/venv dev

check: ## lint, types, architecture and the coverage table
	@setup/venv dev
	@$(BIN)/ruff check .
	@$(BIN)/pyright --pythonpath $(BIN)/python
	@$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_coverage_table.py

bench: ## measure: prints one JSON object
	@setup/venv dev
	@$(BIN)/python -m tests.bench $(ARGS)

eval: ## measure the agents (embedded policies, no key, no network), write docs/evals.md, check the gate
	@setup/venv dev
	@$(BIN)/python -m cli.main eval --write --gate $(ARGS)

kill-test: ## kill -9 at 200 random points of run and send: nothing lost, nothing doubled
	@setup/venv dev
	@$(BIN)/python -m tests.kill $(ARGS)

conformance: ## judges of the MCP server: official suite, Inspector, Claude Code, fuzzer (installs them from npm; ARGS=--help)
	@setup/venv dev
	@$(BIN)/python -m tests.conformance $(ARGS)

browser-test: ## the review card in the Inspector in headless Chromium; the picture goes to docs/images
	@setup/venv dev
	@$(BIN)/python -m tests.browser

lock: ## resolve the locks again, both from one resolution (needs uv; ARGS=--upgrade for newer versions)
	@$(LOCK) --group build $(ARGS) -o requirements/run.lock
	@$(LOCK) --group dev $(ARGS) -c requirements/run.lock -o requirements/dev.lock

clean: ## remove the environment and the caches
	@rm -rf $(VENV) $(VENV).lock .pytest_cache .ruff_cache dist build
