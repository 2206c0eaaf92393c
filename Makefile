# One way to do each chore. `make test` installs what the tests need (as root), starts the lab's servers, runs everything and stops them.
SHELL := /bin/bash
GO ?= go
export CGO_ENABLED ?= 0
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
GOBIN := $(shell $(GO) env GOPATH)/bin
GOFUMPT_VERSION := v0.12.0
STATICCHECK_VERSION := v0.8.2
GOLANGCI_VERSION := v2.15.0
GOVULN_VERSION := v1.9.0
FUZZTIME ?= 10s
PKGS ?= ./...
# Public fax files, read in place. Only the tests of these may be skipped, where the folder is missing.
CORPUS := $(abspath $(or $(FAXGATE_CORPUS),../shared/corpus))

.PHONY: all build test race check fmt tidy vet lint vuln fuzz bench image clean

all: build

build:
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o faxgate ./cmd/faxgate

test:
	@deploy/lab/install.sh
	@deploy/lab/with.sh $(GO) test -shuffle=on -timeout 9m $(PKGS)
	@if test -f "$(CORPUS)/MANIFEST.tsv"; then echo "skipped: 0 tests"; else echo "skipped: the corpus tests of codec, codec/ccitt, codec/jbig and codec/tiff, because $(CORPUS) is not here"; fi

race:
	@deploy/lab/install.sh
	@CGO_ENABLED=1 deploy/lab/with.sh $(GO) test -race -shuffle=on -timeout 25m $(PKGS)

check: fmt tidy vet lint vuln

tidy:
	$(GO) mod tidy -diff

fmt:
	@test -x $(GOBIN)/gofumpt || $(GO) install mvdan.cc/gofumpt@$(GOFUMPT_VERSION)
	@out=$$($(GOBIN)/gofumpt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "not formatted (gofumpt -w): $$out"; exit 1; }

vet:
	$(GO) vet ./...
	GOARCH=386 $(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	GOOS=windows $(GO) vet ./...

lint:
	@test -x $(GOBIN)/staticcheck || $(GO) install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION)
	@test -x $(GOBIN)/golangci-lint || $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	$(GOBIN)/staticcheck ./...
	$(GOBIN)/golangci-lint run ./...

# The vulnerability data lives on the internet: where it, or the tool, cannot be had, that is said and is no failure.
vuln:
	@test -x $(GOBIN)/govulncheck || $(GO) install golang.org/x/vuln/cmd/govulncheck@$(GOVULN_VERSION) >/dev/null 2>&1 || true
	@if test -x $(GOBIN)/govulncheck; then out=$$($(GOBIN)/govulncheck ./... 2>&1); rc=$$?; \
	  if test $$rc = 3; then echo "$$out"; exit 1; elif test $$rc != 0; then echo "govulncheck: its data is out of reach, not checked"; else echo "govulncheck: clean"; fi; \
	else echo "govulncheck: cannot be installed here, not checked"; fi

fuzz:
	@for p in $$($(GO) list ./...); do for f in $$($(GO) test -list '^Fuzz' $$p 2>/dev/null | grep '^Fuzz' || true); do \
	  echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$p || exit 1; done; done

# Our codecs beside libtiff, spandsp and jbigkit on this machine; BENCH passes flags, such as BENCH='-quick -only decode/mmr'.
bench:
	@$(GO) run ./codec/bench -corpus '$(CORPUS)' $(BENCH)

image: 
	@deploy/image.sh

clean:
	rm -rf faxgate dist
