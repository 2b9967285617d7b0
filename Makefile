# The commands of the project; `make run` and `make test` install what is missing first.

BUILD   := swift build -c release
TEST    := swift test -c release --skip-build
BINARY  := .build/release/nabla
SOURCES := Sources Tests Package.swift

# What the build needs, and what the tests need beside it: command or file that shows it is there = Debian package.
PACKAGES := libssl-dev zlib1g-dev libopenblas-pthread-dev libfast-float-dev libdragonbox-dev libsqlite3-dev libpq-dev \
	postgresql pkg-config curl openssl python3

.PHONY: help setup build run test lint format openapi documents clean

help: ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

setup: ## Install the Debian packages that are missing, and look for a Swift toolchain
	@scripts/setup.sh $(PACKAGES)

build: setup ## Build the release binary at .build/release/nabla
	$(BUILD) --product nabla

run: build ## Build and serve on 127.0.0.1:8080
	$(BINARY) serve

# The tests are built with optimisation: numeric tests take minutes without it. Those that wait for clocks and for other
# processes run by themselves, since computing beside them would hold up their threads.
test: setup lint ## Lint and run every test
	$(BUILD) --build-tests --explicit-target-dependency-import-check error
	$(TEST) --filter HTTPServerTests
	$(TEST) --skip HTTPServerTests --skip EndToEndTests
	$(TEST) --filter EndToEndTests

lint: ## Check the format of the code
	swift format lint --strict -r $(SOURCES)

format: ## Format the code
	swift format -i -r $(SOURCES)

openapi: build ## Write openapi.yaml from the endpoints' declarations
	$(BINARY) openapi > openapi.yaml

documents: build ## Write the documents that hold computed numbers
	mkdir -p Documentation
	$(BINARY) document > Documentation/derivation.md

clean: ## Remove what was built
	rm -rf .build
