# Needs python3 (3.11 or newer) with venv, and make; everything else goes into .venv.
#
#   make demo       the console on the built-in sandbox
#   make test       static checks and every test but the campaigns
#   make check      static checks only
#   make campaign   the long runs; NAME=false_green that one
#   make bench      the budgets, measured on this machine

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet
AWS := .venv-aws
CLIENTS := .venv-clients
DEMO := --sandbox

.PHONY: demo test check bench campaign campaign-mutants constraints clean

demo: $(VENV)/.product
	@$(BIN)/quarterdeck $(DEMO)

test: check $(AWS)/.ready $(CLIENTS)/.ready
	$(BIN)/pytest -n 2 --dist worksteal

check: $(VENV)/.tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# All of the long runs, or the one named: of tests/campaigns, unless it has a target of its own.
campaign: $(if $(NAME),campaign-$(NAME),$(VENV)/.tools $(AWS)/.ready $(CLIENTS)/.ready)
ifndef NAME
	$(BIN)/pytest -m campaign -n 3 --dist worksteal
endif

campaign-%: $(VENV)/.tools
	$(BIN)/pytest -m campaign -n 2 --dist worksteal -rP tests/campaigns/test_$*.py

# Goes on where it was stopped; 'rm -r mutants' begins anew.
campaign-mutants: $(VENV)/.mutmut
	$(BIN)/python -m tests.campaigns.mutants

bench: $(VENV)/.tools
	$(BIN)/python -m bench

# The two environments are one: what the product needs first, so that the demo opens soon, and what
# developing it needs on top. Each is made again when what it was made from has changed.
$(VENV)/.product: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11; try: make PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --constraint constraints.txt hatchling editables
	@$(PIP) --constraint constraints.txt --no-build-isolation --editable .
	@touch $@

$(VENV)/.tools: $(VENV)/.product
	@echo "Adding the development tools …"
	@$(PIP) --requirement constraints.txt
	@touch $@

# What plants the mistakes of the mutation run; nothing else needs it.
$(VENV)/.mutmut: $(VENV)/.tools
	@echo "Adding mutmut for the mutation run …"
	@$(PIP) --constraint constraints.txt mutmut==3.8.1
	@touch $@

# The aws command line, which the tests aim at the sandbox, brings a botocore of its own.
$(AWS)/.ready: $(VENV)/.product
	@echo "Adding the aws command line for the tests …"
	@test -x $(AWS)/bin/python || $(PYTHON) -m venv $(AWS)
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(AWS)/bin/python -m pip install --quiet awscli==1.46.2
	@touch $@

# Other people's clients of ECS, and other people's imitation of AWS, which the tests hold the sandbox against.
$(CLIENTS)/.ready: $(VENV)/.product
	@echo "Adding ecs-deploy and moto for the tests …"
	@test -x $(CLIENTS)/bin/python || $(PYTHON) -m venv $(CLIENTS)
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(CLIENTS)/bin/python -m pip install --quiet --constraint constraints-clients.txt \
		ecs-deploy 'moto[secretsmanager,sqs]' flask flask-cors
	@touch $@

# Run after changing a dependency: resolves anew in an empty environment and pins what came out.
constraints:
	rm -rf $(VENV)/fresh
	$(PYTHON) -m venv $(VENV)/fresh
	$(VENV)/fresh/bin/python -m pip install --quiet 'pip>=25.1'
	$(VENV)/fresh/bin/python -m pip install --quiet --group dev .
	{ echo "# Every package of the development environment, exactly. Made by 'make constraints'."; \
	  $(VENV)/fresh/bin/python -m pip freeze --exclude quarterdeck; } > constraints.txt
	rm -rf $(VENV)/fresh

clean:
	rm -rf $(VENV) $(AWS) $(CLIENTS) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache mutants
