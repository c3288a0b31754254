# Every command is one word; `make help` lists them. All of them run in .venv, which `make setup` makes.
.DEFAULT_GOAL := help
.PHONY: help setup run test dev superset lint bench calibrate docs torture lock
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(if $(shell $(p) -c "import sys; print(sys.version_info[:2] in ((3, 11), (3, 12), (3, 13)) or '')" 2>/dev/null),$(p))))
BIN := .venv/bin
READY := .venv/.ready
SUPERSET := .venv-superset/.ready
SANDBOX := data/demo/sandbox/warehouse.duckdb
export DAY

help:  ## list these commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r name what; do printf '  make %-9s %s\n' "$$name" "$$what"; done

setup: $(READY)  ## make .venv with the locked packages (every other command does it first)

$(READY): requirements-setup.txt requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Goodwill needs Python 3.11, 3.12 or 3.13, and none is on the PATH: install one, or name it: make setup PYTHON=/path/to/python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "the venv module is missing: install your system's python3-venv package, or name another Python: make setup PYTHON=/path/to/python3.12"; exit 1; }
	@echo "installing the locked packages into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-setup.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $(READY)

run: setup  ## the whole job on the demo company; again: its next day; DAY=same: the same day
	@$(BIN)/python -m simulator run

test: setup  ## all tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

dev: setup  ## Dagster's page on http://127.0.0.1:3000, on your own warehouse
	@mkdir -p data/dagster && cp .dagster/dagster.yaml data/dagster/dagster.yaml
	@DAGSTER_HOME="$(CURDIR)/data/dagster" $(BIN)/dagster dev -h 127.0.0.1 -p 3000

superset: $(SUPERSET)  ## Apache Superset with both dashboards on http://127.0.0.1:8088, from the published file
	@.venv-superset/bin/python dashboards/superset/start.py

# Of its own: it needs older libraries than we do
$(SUPERSET): dashboards/superset/requirements.lock | setup
	@echo "installing Superset into .venv-superset"
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-superset
	@$(BIN)/uv pip install --quiet --python .venv-superset/bin/python --require-hashes -r dashboards/superset/requirements.lock
	@touch $(SUPERSET)

lint: setup  ## what reads badly: ruff, mypy, the models' rules, sqlfluff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/goodwill models
	@rm -rf data/lint && mkdir -p data/lint
	@cd dbt_project && SANDBOX_PATH=../data/lint/lint.duckdb ../$(BIN)/dbt --quiet compile --target-path ../data/lint --log-path ../data/lint --profiles-dir .
	@$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar --config .sqlfluff data/lint/compiled/goodwill/models

bench: setup  ## how fast it loads and credits, beside dlt's defaults, DuckDB alone and last touch alone
	@$(BIN)/python -m bench

calibrate: setup  ## how often each interval contains the truth, in simulated companies; writes docs/calibration.md
	@$(BIN)/python -m calibration

docs: setup  ## docs/metrics.md, and dbt's documentation of every model as one page, docs/site/static_index.html
	@$(BIN)/python -m pipelines.metrics
	@test -e $(SANDBOX) || { echo "the page shows the copy of the demo company's warehouse: make run first"; exit 1; }
	@cd dbt_project && ../$(BIN)/dbt --quiet docs generate --static --target-path ../docs/site --profiles-dir .
	@echo docs/site/static_index.html

torture: setup  ## kill runs at ten moments of every stage and compare what comes out
	@$(BIN)/python -m pytest -m torture

lock: setup  ## pin the newest packages that pyproject.toml allows
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 --all-extras pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 dashboards/superset/requirements.in -o dashboards/superset/requirements.lock
