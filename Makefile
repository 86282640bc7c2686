# Trifocal: what one does here, in one word each. `make` lists the targets.
#
# demo, test and bench install what they miss on Debian and Ubuntu; elsewhere they name it.

SHELL := /bin/sh
export PATH := $(PATH):$(HOME)/.cargo/bin

# What tests and lints look at beside the default build.
FEATURES := camera-raw

.DEFAULT_GOAL := help
.PHONY: help demo test bench fmt lint bless

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r target text; do \
	  printf '  make %-7s %s\n' "$$target" "$$text"; done

demo: ## Build, make the demo observatory and serve it on http://127.0.0.1:1888
	@tools/setup build
	@echo "Building (the first time takes a few minutes) ..."
	cargo run --locked --release --quiet -- demo

test: ## Format, lints, documentation and every test
	@tools/setup build test
	cargo fmt --check
	cargo check --locked
	cargo clippy --locked --all-targets --features $(FEATURES) -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --features $(FEATURES) --quiet
	cargo test --locked --features $(FEATURES) --doc --quiet
	@tools/run-tests --features $(FEATURES)

bench: ## The benchmark table: ours, the floor, the ratio
	@tools/setup build bench
	cargo bench --locked --bench table

fmt: ## Format the code
	cargo fmt

lint: ## Format check, lints, documentation, licences (when cargo-deny is installed)
	@tools/setup build
	cargo fmt --check
	cargo check --locked
	cargo clippy --locked --all-targets --features $(FEATURES) -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --features $(FEATURES) --quiet
	@if cargo deny --version >/dev/null 2>&1; then cargo deny --log-level error check bans licenses sources; \
	else echo "Licences not checked: cargo install --locked cargo-deny"; fi

bless: ## Run the tests and accept every changed snapshot
	@tools/setup build test
	INSTA_UPDATE=always tools/run-tests --features $(FEATURES)
