# The two commands are `make run` and `make test`. Variables of the portal go on the same line: `make run PORT=8080`.

.DEFAULT_GOAL := help
J ?= main
SHELL := /bin/sh
BOOTSTRAP := ./ops/python.sh -m ops.bootstrap

.PHONY: help run test test-only test-recorded test-long bench-live bench-imports bench-delivery lint format journey backup restore rotate-keys frontend messages secrets lock

help: ## Say what there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## */\t/' | expand -t 16

run: ## Start the portal (HOST=, PORT=, DATABASE_URL=, REDIS_URL=, PORTAL_VAR=; .env.example lists the rest)
	@$(BOOTSTRAP) ops.run

test: ## Lint, then every test and journey against PostgreSQL, Redis and Chromium, then on SQLite
	@$(BOOTSTRAP) --dev ops.test all

test-only: ## Some tests on PostgreSQL and Redis: T="tests/core -k clock"
	@$(BOOTSTRAP) --dev ops.test only $(T)

test-recorded: ## Compare the portal with recorded answers of GitHub (RECORDINGS=, default ../shared/recordings; UPDATE_SCREENSHOTS=1)
	@$(BOOTSTRAP) --dev ops.test recorded

test-long: ## Kill -9 everything in turn while 50 people work, and the worker in mid sync (SEED=; UPDATE_DOCS=1)
	@$(BOOTSTRAP) --dev ops.test long

bench-live: ## Measure what live pages cost with 200 people looking, into docs/performance.md (SECONDS=)
	@$(BOOTSTRAP) --dev bench.live

bench-imports: ## Measure what 20,000 rows of each importer cost, into docs/performance.md (ROWS=)
	@$(BOOTSTRAP) --dev bench.imports

bench-delivery: ## Measure the delivery figures of 150 teams, into docs/performance.md (TEAMS=, DEPLOYMENTS=, TIMES=)
	@$(BOOTSTRAP) --dev bench.delivery

lint: ## Only the checks that read the code
	@$(BOOTSTRAP) --dev ops.test lint

journey: ## Play a journey in a browser: J=main
	@$(BOOTSTRAP) --dev ops.journey $(J)

backup: ## Write everything into one archive: FILE=portal.zip (default: among those that the page lists)
	@$(BOOTSTRAP) manage backup $(if $(FILE),"$(FILE)")

restore: ## Replace everything with what an archive holds: FILE=portal.zip
	@$(BOOTSTRAP) manage restore $(if $(FILE),"$(FILE)")

rotate-keys: ## Encrypt every stored secret again, under the first of ENCRYPTION_KEYS
	@$(BOOTSTRAP) manage rotate_keys

format: ## Let ruff put the code into shape
	@$(BOOTSTRAP) --dev ruff check --fix --quiet .
	@.venv/bin/python -m ruff format .

frontend: ## Only install and build
	@$(BOOTSTRAP)

messages: ## Write new texts into locale/ and templates/locale/
	@$(BOOTSTRAP) --dev ops.messages make

secrets: ## Make the secrets of the compose file in secrets/ (needs nothing but Python)
	@./ops/python.sh -m ops.make_secrets

lock: ## Lock requirements*.in again (UPGRADE=1 takes new releases)
	@$(BOOTSTRAP) --dev ops.lock
