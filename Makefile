# kiln: `make help` lists what can be done. Nothing here needs root; everything lands in bin/, .venv/ and .cache/.
GO      ?= go
GOFLAGS ?=
export CGO_ENABLED = 0
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X github.com/kilnql/kiln/cmd/shell.Version=$(VERSION)
# The packages whose concurrency the race detector watches; it needs cgo, so it runs on this subset only.
RACE_PACKAGES := ./exec/... ./catalog/... ./vector/... .

.PHONY: help build demo test test-go test-env test-tpch race lint vet cross bench generate clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: bin/kiln ## build bin/kiln, one static binary

.PHONY: bin/kiln
bin/kiln:
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/kiln ./cmd/kiln

demo: build ## run a few questions on the TPC-H tables of the repository
	@./scripts/demo.sh

test-env: ## install what the tests need (Python, DuckDB, Spark), pinned, into .venv and .cache
	@./scripts/setup-test-env.sh test

test: test-env build vet test-go ## set up, then run every test

test-go:
	$(GO) test -timeout 20m ./...

test-tpch: test-env build ## TPC-H at scale 1 against DuckDB's answers, and with 64 MB of memory
	@./scripts/tpch-data.sh 1 .cache/tpch/sf1
	KILN_TPCH_SCALE=1 $(GO) test -timeout 60m -count=1 -run 'TPCH' . ./bench/...

race: ## the race detector on the concurrent packages (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -short -timeout 30m $(RACE_PACKAGES)

vet:
	$(GO) vet ./...
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo 'not gofmt-ed:'; gofmt -l $$(git ls-files '*.go'); exit 1; }

lint: vet ## vet, gofmt and staticcheck, pinned
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

cross: ## build for the other platforms
	GOOS=linux GOARCH=arm64 $(GO) build -o /dev/null ./cmd/kiln
	GOOS=darwin GOARCH=arm64 $(GO) build -o /dev/null ./cmd/kiln
	GOOS=windows GOARCH=amd64 $(GO) build -o /dev/null ./cmd/kiln

bench: build ## kiln and its peers in turn: TPC-H scale 1 and int pairs
	@./scripts/bench.sh

generate: ## rewrite generated code and docs (functions/, docs/functions.md)
	$(GO) generate ./...

clean: ## remove bin/
	rm -rf bin
