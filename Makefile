# The one menu. Every target first makes sure that the Python packages are there (quick when nothing changed).
.DEFAULT_GOAL := help
.PHONY: help setup demo up down status token klok test system parts unit soak lint types contracts regels mutatie fix bench

python := .venv/bin/python
members := $(patsubst %/pyproject.toml,%,$(sort $(wildcard */pyproject.toml */*/pyproject.toml)))
# What the members import by another name than they are distributed under.
libraries := $(notdir $(filter contracts packages/%,$(members)))
empty :=
space := $(empty) $(empty)
comma := ,
distributions := $(subst $(space),$(comma),$(foreach each,$(libraries),verwijsindex-$(each)=$(each)))

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sort -s -t: -k1,1 | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 18

setup: ## install the Python packages in .venv
	@deploy/local/setup.sh

demo: setup ## start everything and show how two signals become a match and a mail; runs until Ctrl-C
	@$(python) -m lokaal demo

up: setup ## start everything and return when it is ready [VORM=all|split PERSONEN=officieel|synthetisch:<number>|<file> RUN_DIR=<dir>]
	@$(python) -m lokaal up

down: setup ## stop what `make up` or `make demo` started [RUN_DIR=<dir>]
	@$(python) -m lokaal down

status: setup ## show what runs, and where
	@$(python) -m lokaal status

token: setup ## print a token: PROFESSIONAL=<name> ROL=.. ORGANISATIE=.. [API=signaal|match GEMEENTE=.. CLIENT=..]
	@$(python) -m lokaal token

klok: setup ## move the domain clock forward: PLUS=20m|5u|3d|2w|6mnd|1j or an ISO 8601 duration
	@$(python) -m lokaal klok

test: setup ## run everything: lint, types, contracts, and all tests on real servers
	@$(MAKE) --no-print-directory --keep-going --jobs=2 system lint types parts

# They share no server, and the first one mostly waits.
system: setup ## run the tests of the whole system: real processes, killed, stopped and cut off
	@$(python) -m pytest --durations=10 tests/system

parts: setup ## run all other tests
	@$(python) -m pytest --durations=10 --ignore=tests/system

unit: setup ## run the tests that need no server
	@$(python) -m pytest --no-servers $(wildcard services/*/tests/unit packages/*/tests/unit packages/kanalen/tests tests/contracts tests/architecture)

soak: setup ## run the faults at full length and the histories and races in full number (about an hour)
	@$(python) -m pytest -m soak --soak

lint: setup ## check style, layers and unused dependencies
	@.venv/bin/ruff format --check --quiet . && .venv/bin/ruff check --quiet .
	@$(python) tests/architecture/layers.py
	@for member in $(members); do echo "$$member: unused or undeclared packages"; \
	  (cd $$member && $(CURDIR)/.venv/bin/deptry --no-ansi -pmnm "$(distributions)" src >$(CURDIR)/.venv/deptry.log 2>&1) \
	    || { cat .venv/deptry.log; exit 1; }; done

types: setup ## check types (strict)
	@export MYPYPATH=$(subst $(space),:,$(addsuffix /src,$(members))); \
	for member in $(members); do .venv/bin/mypy --no-error-summary $$member/src || exit 1; done

contracts: setup ## print the schemas of the events and the OpenAPI of the services; the tests compare them
	@$(python) -m contracts
	@$(python) tests/contracts/openapi.py

regels: setup ## print which rule of regels.md is covered by which test
	@$(python) tests/regels.py

mutatie: setup ## plant mistakes in domains and SQL and see a test notice each (an hour) [ALLEEN="match domain" AANTAL=40 ZAAD=1]
	@$(python) -m tests.mutatie --alleen "$(ALLEEN)" $(if $(AANTAL),--aantal $(AANTAL)) $(if $(ZAAD),--zaad $(ZAAD))

fix: setup ## format, and repair what ruff can
	@.venv/bin/ruff format --quiet . && .venv/bin/ruff check --fix --quiet .

bench: setup ## measure matching, relay, chain, look-ups and backlog beside a peer or a goal: 25 minutes, 30 GB of disk [VOLUIT=1 longer faults]
	@$(python) -m tests.bench $(if $(VOLUIT),--lang)
