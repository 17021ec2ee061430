# The commands of this project. `make demo` and `make test` do all the set-up that a fresh machine needs.

CARGO ?= cargo
BIN := target/release/terraform-provider-autopilot

.PHONY: help setup build fmt lint test attached torture demo bench docs

help: ## This list.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: ## Install what is missing, or say what to install.
	@.ci/setup

build: setup ## Build the provider and the emulator as they are released.
	$(CARGO) build --release --locked --workspace

fmt: ## Format the code.
	$(CARGO) fmt --all

lint: setup
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

test: lint ## Formatting, lints, unit, integration and acceptance tests.
	newest=$${TERRAFORM_NEWEST:-$$(tests/acceptance/terraform-from-pypi)} && \
		TERRAFORM_NEWEST=$$newest $(CARGO) test --workspace --locked

attached: setup ## The acceptance tests of resources, twice in one provider process.
	newest=$${TERRAFORM_NEWEST:-$$(tests/acceptance/terraform-from-pypi)} && TERRAFORM_NEWEST=$$newest tests/acceptance/attached

torture: setup ## Kill and interrupt Terraform and the provider at 200 moments, or TORTURE_MOMENTS=number.
	TORTURE_MOMENTS=$${TORTURE_MOMENTS:-200} $(CARGO) test --locked --test acceptance -- --nocapture torture::

demo: build ## Watch Terraform adopt, change, repair and release a tenant's device join settings.
	@examples/demo/run

bench: build ## Start-up, memory and size, beside another provider binary with PEER=path; members and their requests.
	$(CARGO) bench --locked --profile dev --bench plugin -- --provider $(abspath $(BIN)) $(if $(PEER),--peer $(abspath $(PEER)))
	$(CARGO) bench --locked --profile dev --bench members -- --provider $(abspath $(BIN))

docs: setup ## Write docs/ anew from the schemas.
	UPDATE_DOCS=1 $(CARGO) test --locked --test docs
