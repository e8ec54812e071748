# Two commands: `make studio` to work, `make test` to be sure. Everything lives in .venv; nothing needs a key, a
# server or root.
#
#   make studio ARGS="--port 8600"     make suite PYTEST="tests/script -x"     make studio PYTHON=python3.13

VENV   := .venv
BIN    := $(VENV)/bin
CODE   := viraltracker pages benchmarks evals
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
ARGS   ?=
PYTEST ?=
# Percent of lines and branches of viraltracker/ that the suite has to reach.
COVERED := 85

# Tests start many Pythons; without compiled files each would compile the studio anew, which takes 0.3 s.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help studio worker test programs lint format types suite audit bench agent-eval smoke-supabase hooks proto constraints clean
.DELETE_ON_ERROR:

help:
	@echo "make studio   install and open the studio in the browser"
	@echo "make worker   start a voice worker beside it"
	@echo "make test     install what the tests need, then lint, types and all tests"
	@echo "also: programs lint format types suite audit bench agent-eval smoke-supabase hooks proto constraints clean"

studio: $(VENV)/.studio
	@exec $(BIN)/viraltracker studio $(ARGS)

# A voice worker with the engines that need no more than this, for a first look.
worker: $(VENV)/.studio
	@exec $(BIN)/viraltracker worker serve $(ARGS)

test: lint types suite

# As root or with sudo: the browser and the pooler that some tests need, and are skipped without.
programs:
	@.ci/programs

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml $(CODE)

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.dev $(VENV)/.csm
	$(BIN)/mypy

suite: $(VENV)/.dev $(VENV)/.csm
	$(BIN)/python -m slipcover --json --out .coverage.json -m pytest -n auto --dist loadgroup $(PYTEST)
	$(BIN)/python -m slipcover --merge .coverage.json --out .coverage.json --skip-covered --fail-under $(COVERED)

audit: $(VENV)/.dev
	$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip

bench: $(VENV)/.dev $(VENV)/.csm
	@set -e; for bench in benchmarks/*.py; do echo "== $$bench"; $(BIN)/python "$$bench"; done

# Asks the Supabase project that SUPABASE_URL, SUPABASE_KEY, SUPABASE_JWT_SECRET and DATABASE_URL name, and cleans up.
smoke-supabase: $(VENV)/.dev
	@$(BIN)/python -m tests.store.smoke $(PYTEST)

# Asks the model that VIRALTRACKER_AGENT_MODEL names, which may cost something; ARGS="pick take" asks only some.
agent-eval: $(VENV)/.dev
	$(BIN)/python -m evals.agent $(ARGS)

hooks: $(VENV)/.dev
	$(BIN)/pre-commit install --hook-type pre-commit --hook-type pre-push

# The code of the voice worker's wire; it names its grpcio, so the floor in pyproject.toml follows it.
proto: $(VENV)/.dev
	$(BIN)/python -m grpc_tools.protoc -I . --python_out=. --pyi_out=. --grpc_python_out=. viraltracker/speech/rpc/tts.proto

# Newest versions that the ranges in pyproject.toml allow, pinned without local tags (torch==2.1+cpu is torch==2.1).
constraints:
	rm -rf $(VENV)-pins
	$(MAKE) --no-print-directory $(VENV)-pins/bin/python VENV=$(VENV)-pins
	$(VENV)-pins/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,csm]'
	{ sed -n '/^#/p' constraints.txt; $(VENV)-pins/bin/python -m pip freeze --exclude-editable \
	  | sed -e '/^-e/d' -e '/^#/d' -e 's/+[a-z0-9.]*$$//'; } > constraints.new
	mv constraints.new constraints.txt
	rm -rf $(VENV)-pins

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis htmlcov dist build .coverage.json
	find $(CODE) tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps let a second start go straight to the program.
$(VENV)/.studio: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the studio into $(VENV); the first time this takes some minutes."
	@$(PIP) --editable . --constraint constraints.txt
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what the tests need into $(VENV); the first time this takes some minutes."
	@$(PIP) --editable '.[dev]' --constraint constraints.txt
	@touch $@ $(VENV)/.studio

# A step of its own: torch is the one thing here that takes long, and the studio never needs it.
$(VENV)/.csm: pyproject.toml constraints.txt | $(VENV)/.dev
	@echo "Installing torch and what the local voices need; the first time this takes some minutes."
	@$(PIP) --editable '.[csm]' --constraint constraints.txt
	@touch $@

$(BIN)/python:
	@sh .ci/make-venv $(VENV) $(PYTHON)
