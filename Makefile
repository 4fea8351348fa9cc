# Every target explains itself in `make help`. A fresh machine needs Python 3.11 or newer, git and make.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO_DATA ?= demo-data
PORT ?= 8000
WORKERS ?= 3
# Compiled modules are kept: the tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test test-postgresql test-deep check bench vendor lock clean browser gitolite octokit docs

help:  ## Show what can be done here
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/run.done: requirements/base.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || (echo "Awayteam needs Python 3.11 to 3.13 (set PYTHON=python3.11)"; exit 1)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev.done: $(VENV)/run.done requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

run: $(VENV)/run.done  ## Show the demonstration organisation in the browser
	$(BIN)/awayteam demo --data $(DEMO_DATA) --port $(PORT)

test: $(VENV)/dev.done browser gitolite octokit  ## Run every test on SQLite, and those of the database on PostgreSQL
	$(BIN)/pytest -n $(WORKERS) --dist worksteal --database sqlite
	$(BIN)/pytest -n $(WORKERS) --dist worksteal --database postgresql -m "database and not browser and not slow"

test-postgresql: $(VENV)/dev.done browser gitolite octokit  ## Run every test on a PostgreSQL started from its wheel
	$(BIN)/pytest -n $(WORKERS) --database postgresql

test-deep: $(VENV)/dev.done  ## Try every operation of the API with many random calls (an hour)
	AWAYTEAM_EXAMPLES=200 $(BIN)/pytest -n $(WORKERS) src/awayteam/api/tests/test_schema.py

browser:
	@command -v chromium >/dev/null 2>&1 || (echo "Installing Chromium for the tests in a browser" && apt-get update -qq && apt-get install -y -qq chromium >/dev/null) || echo "No Chromium here: the tests in a browser are skipped (apt-get install chromium)"

OCTOKIT := webhooks-examples-7.6.1
OCTOKIT_SHA512 := 0dee94dd707a3b70ed09aedb2a008ccd31dd7a8a6aa99e92362bcc6099caeb989eaca2f5027348034b644580914bb970193efdd9df8fb3559b7c796ca3a3329d

octokit: $(VENV)/dev.done
	@test -d $(VENV)/octokit/package || { \
	command -v npm >/dev/null 2>&1 && echo "Fetching recorded deliveries of GitHub for the tests" && mkdir -p $(VENV)/octokit \
	&& cd $(VENV)/octokit && npm pack --silent @octokit/$(OCTOKIT:webhooks-examples-%=webhooks-examples@%) >/dev/null \
	&& echo "$(OCTOKIT_SHA512)  octokit-$(OCTOKIT).tgz" | sha512sum --check --quiet && tar -xzf octokit-$(OCTOKIT).tgz; } \
	|| echo "No recorded deliveries here: the tests with them are skipped (they need npm)"

gitolite:
	@command -v gitolite >/dev/null 2>&1 || (echo "Installing gitolite3 for its tests" && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq gitolite3 >/dev/null) || echo "No gitolite here: its tests are skipped (apt-get install gitolite3)"

check: $(VENV)/dev.done  ## Lint, format, types, floors, migrations, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src
	$(BIN)/lint-imports
	AWAYTEAM_DATA=$$(mktemp -d) $(BIN)/django-admin makemigrations --check --dry-run --settings awayteam.settings
	$(BIN)/djlint --lint --quiet src/awayteam

bench: $(VENV)/dev.done  ## Measure against the stated figures and the peers
	$(BIN)/python -m benchmarks

vendor: $(VENV)/run.done  ## Fetch the front-end files that vendor.toml names (needs npm)
	$(BIN)/python tools/vendor.py

docs: $(VENV)/run.done  ## Write the parts of the documentation that come from the code
	$(BIN)/awayteam rulebook document > docs/rulebook.md

lock: $(VENV)/dev.done  ## Pin the dependencies again, with hashes and without addresses (needs uv)
	uv pip compile -q pyproject.toml --group build --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --universal -o requirements/base.txt
	uv pip compile -q pyproject.toml --group dev --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --universal -o requirements/dev.txt

clean:  ## Remove what these targets made
	rm -rf $(VENV) $(DEMO_DATA) .pytest_cache .mypy_cache .ruff_cache .hypothesis
