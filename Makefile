# Every target creates what it needs: .venv with the pinned packages of requirements/*.lock, renewed when a lock or
# pyproject.toml changes. `make help` lists the targets.

PYTHON ?= python3
JOBS ?= -1
RESULTS ?= results
TEST_WORKERS ?= 2
# Of make cluster; SUBMIT holds further words for mcsim submit: --mem 8G --partition long
STUDY ?= studies/article.py
ARRAY ?= 50
TIME ?= 4h
CPUS ?= 4
SUBMIT ?=

VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/run.stamp
DEV := $(VENV)/dev.stamp
BENCH := $(VENV)/bench.stamp
SOURCES := mcsim studies tests benchmarks docs $(wildcard proof)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## List every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(RUN) ## Create .venv with the pinned packages a study needs
	@echo "Ready: $(BIN)/mcsim --help"

# A run that ends with 3 is done, but has something to say: its report is wanted all the more.
run-and-report = @$(BIN)/mcsim run $(1) --jobs $(JOBS) --results $(RESULTS) || code=$$?; \
	case "$${code:=0}" in 0|3) $(BIN)/mcsim report $(1) --results $(RESULTS) ;; esac && exit $$code

.PHONY: study
study: $(RUN) ## Run studies/article.py on all cores: a table, and a report to open in a browser
	$(call run-and-report,studies/article.py)

.PHONY: maas-hox
maas-hox: $(RUN) ## Run studies/maas_hox_2005.py (27 conditions) likewise
	$(call run-and-report,studies/maas_hox_2005.py)

.PHONY: few-clusters
few-clusters: $(BENCH) ## Run studies/few_clusters.py: which intervals hold with 6, 10 and 20 clusters
	$(call run-and-report,studies/few_clusters.py)

# A target each, so that make -k studies goes on after one that ended with 3.
EVERY_STUDY := $(patsubst studies/%.py,every-%,$(sort $(wildcard studies/*.py)))
.PHONY: studies $(EVERY_STUDY)
studies: $(EVERY_STUDY) ## Run every file of studies/ in full, each with its report
$(EVERY_STUDY): every-%: $(BENCH)
	$(call run-and-report,studies/$*.py)

.PHONY: cluster
cluster: $(RUN) ## Submit to Slurm: make cluster STUDY=studies/article.py ARRAY=50 TIME=4h CPUS=4
	$(BIN)/mcsim submit '$(STUDY)' --array '$(ARRAY)' --time '$(TIME)' --cpus '$(CPUS)' --results '$(RESULTS)' $(SUBMIT)

.PHONY: test
test: $(DEV) ## Run the tests
	$(BIN)/python -m pytest -n $(TEST_WORKERS)

.PHONY: faults
faults: $(DEV) ## Run the tests that kill, damage and fill up (minutes)
	$(BIN)/python -m pytest tests/faults -n $(TEST_WORKERS)

.PHONY: check
check: $(DEV) format lint types imports docs test ## Format, lint, types, import directions, docs, tests

.PHONY: format lint types imports docs
format: $(DEV)
	$(BIN)/ruff format --check $(SOURCES)

lint: $(DEV)
	$(BIN)/ruff check $(SOURCES)

types: $(DEV)
	$(BIN)/mypy

imports: $(DEV)
	$(BIN)/lint-imports --no-logo

docs: $(DEV) site
	$(BIN)/python -m numpydoc lint $(shell find mcsim -name '*.py')

.PHONY: site
site: $(DEV) ## Build the documentation into site/; a warning is an error
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --nitpicky --quiet --doctree-dir site/.doctrees docs site
	@echo "Open site/index.html"

.PHONY: pictures
pictures: study maas-hox few-clusters ## Draw the pictures of README and the documentation again
	$(BIN)/python docs/pictures.py $(RESULTS)

.PHONY: bench
bench: $(BENCH) ## Measure speed and memory beside lme4, statsmodels and mixedlm
	$(BIN)/python -m benchmarks

.PHONY: proof
proof: $(RUN) ## Run the checks that need time: the article's figures, Maas & Hox, closed forms
	$(BIN)/python -m proof

.PHONY: lock
lock: $(DEV) ## Pin the newest versions that pyproject.toml allows
	$(BIN)/python requirements/lock.py

.PHONY: clean
clean: ## Remove .venv and every cache; results stay
	rm -rf $(VENV) build dist site docs/api/generated docs/api/parts.md *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find mcsim studies tests benchmarks $(wildcard proof) -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "mcsim needs Python 3.11 or newer; '$(PYTHON)' is not. Name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "'$(PYTHON)' lacks the venv module. On Debian and Ubuntu this brings it: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# --no-build-isolation: the build backend is pinned in the lock too, and nothing unpinned is downloaded.
$(VENV)/%.stamp: requirements/%.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
