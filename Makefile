# The index of what can be done here. `make` alone lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PORT ?= 8787
DATA ?= .local

export OPENCLAW_DIR := $(CURDIR)/container
export OPENCLAW_NODE = $(shell scripts/openclaw-node 2>/dev/null)

.PHONY: help
help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

include infra/infra.mk
include container/container.mk
include deploy/deploy.mk
include cost/cost.mk

# ---------------------------------------------------------------- run it

.PHONY: run
run: build ## Run everything on this machine and print its URL (PORT=8787, DATA=.local)
	@exec target/debug/local-stack --port $(PORT) --data $(DATA)

.PHONY: build
build: need container/node_modules/.installed web/dist/index.html ## Build what `make run` starts
	@echo "Building the Rust programs (the first time takes a few minutes)…"
	cargo build --locked --bin local-stack --bin bridge --bin ops

.PHONY: need
need:
	@scripts/need rust node cc

container/node_modules/.installed: container/package-lock.json
	@scripts/install-openclaw

web/node_modules/.installed: web/package-lock.json
	@echo "Installing the page's libraries…"
	cd web && npm ci --no-progress --loglevel=error && touch node_modules/.installed

web/generate/node_modules/.installed: web/generate/package-lock.json
	cd web/generate && npm ci --no-progress --loglevel=error --ignore-scripts && touch node_modules/.installed

web/dist/index.html: web/node_modules/.installed web/index.html web/vite.config.ts $(shell find web/src web/public web/scripts -type f 2>/dev/null)
	@echo "Building the page…"
	cd web && npm run --silent build

# ---------------------------------------------------------------- check it

.PHONY: check
check: need web/node_modules/.installed ## Quick: format, lints, unit tests, types
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
	cargo test --locked --workspace --lib --bins --quiet
	cd web && npm run --silent check && npm run --silent test

.PHONY: test
test: need container/node_modules/.installed web/dist/index.html browser restic ## Everything CI runs, from a clean clone
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
	cd web && npm run --silent check && npm run --silent test && npm run --silent weigh
	@$(MAKE) --no-print-directory infra-check deploy-check image-check cost-check
	cargo build --locked --workspace --all-features --bins
	python=$$(scripts/need-ministack) && MINISTACK_PYTHON=$$python cargo test --locked --workspace --all-features --no-fail-fast
	cargo run --locked --quiet -p simulation --bin sim -- -n 2000
	scripts/schemathesis
	@$(MAKE) --no-print-directory infra-smoke drift
	cd tests/browser && node --test --test-concurrency=2 --test-reporter=spec

N ?= 2000
SEED ?= 1

.PHONY: sim
sim: need ## Play N=2000 schedules of faults from SEED=1 and check the invariants
	cargo run --locked --quiet -p simulation --bin sim -- -n $(N) --seed $(SEED) $(if $(LOG),--log)

.PHONY: generate
generate: web/generate/node_modules/.installed ## Write docs/openapi.json, the page's types and the list of metrics anew from the code
	cargo test --locked --quiet --workspace --all-features --lib export_
	node web/generate/rest.mjs

.PHONY: drift
drift: generate ## Fail if a generated file differs from what is committed
	@git diff --exit-code -- web/src/protocol docs/openapi.json infra/lib/metrics.json || { echo "generated files are out of date: run 'make generate' and commit"; exit 1; }

.PHONY: schemathesis
schemathesis: build ## Try the HTTP API with what its document allows and forbids (SECONDS_EACH=90, SEED=1)
	scripts/schemathesis

.PHONY: browser
browser: tests/browser/node_modules/.installed
	@scripts/need-browser

.PHONY: restic
restic:
	@scripts/need-restic

tests/browser/node_modules/.installed: tests/browser/package-lock.json
	cd tests/browser && npm ci --no-progress --loglevel=error --ignore-scripts && touch node_modules/.installed

ACTION ?= set

.PHONY: telegram-webhook
telegram-webhook: need ## Have Telegram bring updates to URL=https://…/telegram (ACTION=show or delete)
	@if [ "$(ACTION)" = set ] && [ -z "$(URL)" ]; then echo "usage: make telegram-webhook URL=https://…/telegram, or ACTION=show, or ACTION=delete" >&2; exit 2; fi
	cargo run --locked --quiet -p ops -- telegram $(ACTION) $(if $(filter set,$(ACTION)),"$(URL)")

.PHONY: deny
deny: ## Licences and sources of every crate (needs cargo-deny)
	cargo deny check licenses bans sources

.PHONY: bench
bench: need container/node_modules/.installed web/dist/index.html browser ## Measure what design.md budgets; prints a table
	scripts/bench

.PHONY: hooks
hooks: ## Run `make check` before every commit
	@printf '#!/bin/sh\nexec make check\n' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit
	@echo "make check runs before every commit now; remove .git/hooks/pre-commit to stop that"

.PHONY: clean
clean: ## Remove builds and installed packages; keeps .local/
	rm -rf target web/dist web/node_modules web/generate/node_modules container/node_modules tests/browser/node_modules infra/node_modules infra/cdk.out deploy/node_modules
