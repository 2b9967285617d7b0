# The commands of the project; `make run` and `make test` install what is missing first.

BUILD   := swift build -c release
TEST    := swift test -c release --skip-build
BINARY  := .build/release/nabla
SOURCES := Sources Tests Examples Fuzzing/Sources Fuzzing/Package.swift Benchmarks/Sources Benchmarks/Package.swift \
	Package.swift

# Debian packages: what building needs, and what the tests need beside it.
BUILD_PACKAGES := libssl-dev zlib1g-dev libopenblas-pthread-dev libfast-float-dev libdragonbox-dev libsqlite3-dev \
	libpq-dev pkg-config
TEST_PACKAGES  := curl openssl python3 python3-venv chromium fonts-dejavu-core haproxy postgresql prometheus cpulimit

# The tests' own Python packages, in an environment of their own.
TOOLS   := .build/tools

.PHONY: help setup requirements build run test deploytest bench peers growth fuzz sanitize vendor lint format openapi documents documentation clean

help: ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

setup: ## Install the Debian packages that are missing, and look for a Swift toolchain
	@scripts/setup.sh $(BUILD_PACKAGES) $(TEST_PACKAGES)

requirements: # Install what building alone needs
	@scripts/setup.sh $(BUILD_PACKAGES)

build: requirements ## Build the release binary at .build/release/nabla
	$(BUILD) --product nabla

run: build ## Build and serve on 127.0.0.1:8080
	$(BINARY) serve

# The tests are built with optimisation: numeric tests take minutes without it. Those that wait for clocks and for other
# processes run by themselves, since computing beside them would hold up their threads.
test: setup lint $(TOOLS)/installed ## Lint and run every test
	$(BUILD) --build-tests --explicit-target-dependency-import-check error
	$(TEST) --filter HTTPServerTests
	$(TEST) --skip HTTPServerTests --skip EndToEndTests
	$(TEST) --filter EndToEndTests
	scripts/test-browser.sh $(BINARY)
	$(TOOLS)/bin/python -m unittest discover -v -s Tests/Deploy

# Servers, load balancer and Prometheus run as processes on free ports of the loopback interface.
deploytest: setup build $(TOOLS)/installed ## Check deploy/ and try replicas behind HAProxy; NABLA_LONG=1 on a quiet machine for figures
	$(TOOLS)/bin/python -m unittest discover -v -s Tests/Deploy

$(TOOLS)/installed: Tests/Deploy/requirements.txt
	python3 -m venv $(TOOLS)
	$(TOOLS)/bin/pip install -q --disable-pip-version-check -r $<
	touch $@

# How long each figure is measured, and further arguments of the benchmarks (--help says which). Then where the programs
# are that the server is compared with, how long and how often that is done, and which of HTTP's tests.
BENCH_SECONDS   ?= 0.2
BENCH_ARGUMENTS ?=
PEERS           ?= ../shared/peers
PEERS_SECONDS   ?= 2
PEERS_ROUNDS    ?= 2
PEERS_HTTP      ?= get tls handshake syscalls
SERVE           := $(BINARY) serve --host 127.0.0.1 --port {port}

bench: build ## Measure the parts of a request, and the server beside its peers if they are there
	swift build -c release --package-path Benchmarks
	Benchmarks/.build/release/nabla-benchmarks all --seconds $(BENCH_SECONDS) \
		--json Benchmarks/.build/figures.json $(BENCH_ARGUMENTS)
	@if [ -d $(PEERS) ]; then $(MAKE) peers; else echo 'no peers at $(PEERS)'; fi

peers: build # Compare with the peers alone
	$(PEERS)/setup.sh
	$(PEERS)/service/compare_service.py --verify --boost --rounds $(PEERS_ROUNDS) --seconds $(PEERS_SECONDS) \
		--big-seconds $$((3 * $(PEERS_SECONDS))) --servers peer2,ours,oursgrad,ours64 --ours '$(SERVE)'
	ROUNDS=$(PEERS_ROUNDS) SECS=$(PEERS_SECONDS) $(PEERS)/http/compare_http.sh --ours '$(SERVE)' \
		--ours-tls '$(SERVE) --tls-cert {cert} --tls-key {key}' $(PEERS_HTTP)

# How long each point is measured, five requests at least, and how often: a round takes some four minutes.
GROWTH_SECONDS ?= 2
GROWTH_ROUNDS  ?= 3

growth: build ## Measure how time and memory grow up to the limits: Documentation/performance.md
	Benchmarks/growth.py --binary $(BINARY) --seconds $(GROWTH_SECONDS) --rounds $(GROWTH_ROUNDS)

# How long each target looks; the first build takes minutes.
FUZZ_SECONDS ?= 60

fuzz: setup ## Look for input that breaks what reads it, FUZZ_SECONDS for each target
	Fuzzing/run.sh $(FUZZ_SECONDS)

sanitize: setup ## Run the tests under Thread Sanitizer and under Address Sanitizer
	scripts/sanitize.sh thread
	scripts/sanitize.sh address

vendor: ## Check that what the pages ship of others' work is what the pinned wheels hold
	scripts/vendor-web.sh --check

lint: ## Check the format of the code
	swift format lint --strict -r $(SOURCES)

format: ## Format the code
	swift format -i -r $(SOURCES)

openapi: build ## Write openapi.yaml from the endpoints' declarations
	$(BINARY) openapi > openapi.yaml

documents: build ## Write the documents that hold computed numbers
	mkdir -p Documentation
	$(BINARY) document > Documentation/derivation.md

documentation: setup ## Write Backprop's documentation to .build/documentation
	swift package --allow-writing-to-directory .build/documentation generate-documentation --target Backprop \
		--output-path .build/documentation

clean: ## Remove what was built
	rm -rf .build
