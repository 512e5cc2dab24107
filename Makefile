# Thin: each target is one tool. "make help" lists them.

MESON = meson
BUILD = build
ASAN_BUILD = build-asan
FUZZ_SECONDS = 60

all: build

help:
	@printf '%s\n' \
	  'make build    the command and the daemon, at build/caaproof and build/caaproofd' \
	  'make demo     labelled tours: a miniature DNS on loopback, evidence, the daemon, an incident' \
	  'make check    everything that must hold before a change is merged' \
	  'make bench    ratios against other tools on this machine' \
	  'make fuzz     every fuzz target for FUZZ_SECONDS (60)' \
	  'make soak     check, and what takes hours' \
	  'make format   clang-format on every C file' \
	  'make install  to /usr/local, or PREFIX at first build; honours DESTDIR' \
	  'make clean    remove the build folders'

packages:
	@tools/install-packages

build: packages
	@test -f $(BUILD)/build.ninja || $(MESON) setup $(if $(PREFIX),--prefix $(PREFIX)) $(BUILD)
	@ninja -C $(BUILD)
	@ln -sfn src/bin/caaproof/caaproof $(BUILD)/caaproof
	@ln -sfn src/bin/caaproofd/caaproofd $(BUILD)/caaproofd

demo: build
	@lab/run lab/tour
	@lab/run lab/tour-evidence
	@lab/run lab/tour-daemon
	@lab/run lab/tour-incident

check: packages
	@tools/check

bench: build
	@bench/run
	@bench/evidence
	@bench/daemon
	@bench/incident

fuzz: packages
	@tools/fuzz $(FUZZ_SECONDS)

soak: check
	@tools/soak $(FUZZ_SECONDS)

format: packages
	@tools/format

install: build
	@$(MESON) install -C $(BUILD) --no-rebuild

clean:
	@rm -rf $(BUILD) $(ASAN_BUILD) build-clang build-fuzz build-release

.PHONY: all help packages build demo check bench fuzz soak format install clean
