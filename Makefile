# odcasim - see README.md; `make help` lists the targets.
#
# Variables: V=1 (show commands)  DEBUG=1 (-O0 -g)  SANITIZER=address,undefined
#   LIBTPMS=shared (no static archive: TPM properties stay libtpms' own)
#   ECC=libtpms (elliptic curves as libtpms computes them, 4 to 10 times slower)
#   SKIP="soak show" (interop tests that are not run)
#   CC= CFLAGS= PREFIX=/usr/local DESTDIR=

VERSION := 0.1.0
PREFIX ?= /usr/local
CC ?= cc
CLANG ?= clang
PKG_CONFIG ?= pkg-config

# One build folder a mode, so that modes never mix objects.
MODE := $(if $(SANITIZER),san-)$(if $(FUZZ),fuzz-)$(if $(DEBUG),debug-)$(if $(LIBTPMS),$(LIBTPMS)-)$(if $(ECC),ecc-$(ECC)-)
OUT := build$(if $(MODE),/$(MODE:%-=%))
GEN := $(OUT)/gen
Q := $(if $(V),,@)

# --- dependencies -----------------------------------------------------------

# pkg-config name = Debian package, Fedora package
DEPS := libtpms=libtpms-dev,libtpms-devel \
	libcrypto=libssl-dev,openssl-devel \
	libtasn1=libtasn1-6-dev,libtasn1-devel \
	libuv=libuv1-dev,libuv-devel \
	libseccomp=libseccomp-dev,libseccomp-devel \
	jansson=libjansson-dev,jansson-devel \
	libcurl=libcurl4-openssl-dev,libcurl-devel \
	libmicrohttpd=libmicrohttpd-dev,libmicrohttpd-devel \
	tss2-esys=libtss2-dev,tpm2-tss-devel \
	tss2-mu=libtss2-dev,tpm2-tss-devel \
	tss2-rc=libtss2-dev,tpm2-tss-devel \
	tss2-tctildr=libtss2-dev,tpm2-tss-devel
comma := ,
empty :=
dep_deb = $(firstword $(subst $(comma), ,$(word 2,$(subst =, ,$(1)))))
dep_rpm = $(lastword $(subst $(comma), ,$(word 2,$(subst =, ,$(1)))))
PKGS := $(foreach d,$(DEPS),$(firstword $(subst =, ,$(d))))
TEST_DEPS := $(if $(filter check check-unit test-programs,$(MAKECMDGOALS)),cmocka=libcmocka-dev$(comma)libcmocka-devel)

# Nothing of this is needed to clean, format or ask for help.
ifneq ($(filter-out help clean fmt,$(or $(MAKECMDGOALS),all)),)
$(foreach d,$(DEPS) $(TEST_DEPS),$(if $(shell $(PKG_CONFIG) --exists $(firstword $(subst =, ,$(d))) && echo y),,\
  $(error missing library '$(firstword $(subst =, ,$(d)))': install $(call dep_deb,$(d)) (Debian, Ubuntu) or $(call dep_rpm,$(d)) (Fedora), or run scripts/bootstrap)))
$(if $(shell command -v asn1Parser),,\
  $(error missing program 'asn1Parser': install libtasn1-bin (Debian, Ubuntu) or libtasn1-tools (Fedora), or run scripts/bootstrap))
# Without the archive nothing of libtpms can be wrapped (sim/tpm/wrap.h).
ifneq ($(LIBTPMS),shared)
$(if $(LDFLAGS)$(wildcard $(shell $(CC) -print-file-name=libtpms.a) $(shell $(PKG_CONFIG) --variable=libdir libtpms)/libtpms.a),,\
  $(error missing static library 'libtpms.a': libtpms-dev (Debian, Ubuntu) has it; elsewhere build libtpms with --enable-static, or make LIBTPMS=shared))
endif
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS))
# "name version,..." for `odcasim version`.
LIBRARIES := $(subst $(empty) $(empty),$(comma),$(foreach p,$(PKGS),$(p)~$(shell $(PKG_CONFIG) --modversion $(p))))
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(filter-out libtpms libcrypto libcurl libmicrohttpd tss2-%,$(PKGS)))
endif

# --- flags ------------------------------------------------------------------

# Functions of libtpms at the platform boundary that sim/tpm/wrap.c stands in
# for. A name that this libtpms does not have is no error.
WRAPS := TPMCapGetProperties _plat__GetEntropy _plat__IsNvAvailable \
	_plat__IsCanceled $(if $(ECC),,BnCurveInitialize)
ifeq ($(LIBTPMS),shared)
TPMS_LIBS := -ltpms
else
# -u: what is wrapped has no other reference that would bring it in; and every
# program that gets libtpms by that needs the wraps.
TPMS_LIBS := -Wl,-u,__wrap_TPMCapGetProperties $(foreach w,$(WRAPS),-Wl,--wrap=$w -Wl,-u,$w) -l:libtpms.a
endif

WARN := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wformat=2 -Wvla -Wcast-qual -Wundef -Wno-unused-parameter
HARDEN := $(if $(SANITIZER)$(FUZZ)$(DEBUG),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fstack-clash-protection -fPIE
OPT := $(if $(DEBUG),-O0,-O2) -g
SAN := $(if $(SANITIZER),-fsanitize=$(SANITIZER) -fno-omit-frame-pointer -fno-sanitize-recover=all) \
	$(if $(FUZZ),-fsanitize=fuzzer-no-link$(comma)address$(comma)undefined -fno-sanitize-recover=all)
CPPFLAGS_ALL := -I. -I$(GEN) -D_GNU_SOURCE $(PKG_CFLAGS) \
	$(if $(SANITIZER)$(FUZZ),-DODCASIM_SANITIZED=1) $(CPPFLAGS)
CFLAGS_ALL := -std=gnu11 $(OPT) $(WARN) $(HARDEN) $(SAN) $(CFLAGS)
LDFLAGS_ALL := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(SAN) $(LDFLAGS)
LIBS := $(TPMS_LIBS) $(PKG_LIBS) -lcrypto

# --- sources: a new file needs no edit here -----------------------------------

SRC := $(wildcard sim/base/*.c odca/*.c sim/tpm/*.c sim/aik/*.c sim/report/*.c sim/cli/*.c)
LIB_OBJ := $(patsubst %.c,$(OUT)/%.o,$(filter-out sim/cli/main.c,$(SRC))) $(GEN)/odca_asn1_tab.o $(GEN)/scep_asn1_tab.o
UNIT := $(patsubst tests/unit/%.c,$(OUT)/unit/%,$(wildcard tests/unit/test_*.c))
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
HELPERS := $(patsubst tests/interop/%.c,$(OUT)/interop/%,$(wildcard tests/interop/*.c))
BENCHES := $(patsubst tests/bench/%.c,$(OUT)/bench/%,$(wildcard tests/bench/*.c))
C_FILES := $(wildcard sim/*/*.[ch] odca/*.[ch] tests/*/*.[ch])
SH_FILES := $(wildcard scripts/* tests/*/*.sh) .ci/run

.PHONY: all run check check-unit check-wire check-fuzz check-interop check-vm check-docs check-pages lint fmt san bench soak fuzz install clean help test-programs
.DELETE_ON_ERROR:

all: $(OUT)/odcasim ## build the program: build/odcasim

run: $(OUT)/odcasim ## serve a fresh Tiger Lake device on 127.0.0.1:2321
	$(Q)$(OUT)/odcasim run --family tgl --log info

check: check-unit check-fuzz check-wire check-interop check-vm check-docs ## run every test

check-unit: $(UNIT) ## run the unit tests (cmocka)
	$(Q)scripts/run-tests unit $(UNIT)

check-wire: $(OUT)/odcasim $(OUT)/wire/wirerun ## replay byte-exact conversations with both mssim ports
	$(Q)ODCASIM=$(OUT)/odcasim scripts/run-tests wire $(sort $(wildcard tests/wire/*.wire))

check-fuzz: $(FUZZERS:%=$(OUT)/fuzz/replay_%) ## replay the fuzz corpora
	$(Q)scripts/run-tests fuzz $^

check-interop: $(OUT)/odcasim $(HELPERS) ## real clients: tpm2-tools, IBM TSS, openssl, certtool, swtpm
	$(Q)ODCASIM=$(OUT)/odcasim scripts/run-tests interop \
		$(filter-out $(SKIP:%=tests/interop/test-%.sh),$(sort $(wildcard tests/interop/test-*.sh)))

# The guest's program is a plain one, also where the server is sanitized.
check-vm: $(OUT)/odcasim ## guests under QEMU: certificates, measured boot, sleep, migration
	$(Q)$(MAKE) --no-print-directory SANITIZER= build/vm/vmlinuz build/vm/initrd
	$(Q)ODCASIM=$(OUT)/odcasim scripts/run-tests vm $(sort $(wildcard tests/vm/test-*.sh))

check-pages: $(OUT)/odcasim ## reports in a browser, that of every failure mode too
	$(Q)ALL_MODES=1 ODCASIM=$(OUT)/odcasim scripts/run-tests pages tests/interop/test-report.sh

check-docs: $(OUT)/odcasim ## what README shows is what the program prints
	$(Q)ODCASIM=$(OUT)/odcasim scripts/run-tests docs scripts/check-docs

test-programs: $(UNIT) $(FUZZERS:%=$(OUT)/fuzz/replay_%) $(OUT)/wire/wirerun $(HELPERS)

# make's own LINT is "lint", a program.
LINT :=

lint: $(GEN)/odca_asn1_tab.c $(GEN)/scep_asn1_tab.c $(GEN)/config.h $(GEN)/embed_list.h ## warnings as errors (gcc, clang), clang-tidy, cppcheck, shellcheck, layers, format
	$(Q)CC="$(CC)" CLANG="$(CLANG)" CPPFLAGS="$(CPPFLAGS_ALL)" WARN="$(WARN)" scripts/lint $(LINT)

fmt: ## format the C files in place
	$(Q)clang-format -i $(C_FILES)

san: ## the whole suite under AddressSanitizer and UndefinedBehaviorSanitizer
	$(Q)$(MAKE) SANITIZER=address,undefined check-unit check-fuzz check-wire check-interop

fuzz: ## fuzz a decoder: make fuzz T=FUZZERS SEC=60
	$(Q)$(MAKE) FUZZ=1 CC=$(CLANG) build/fuzz/fuzz/fuzz_$(T)
	$(Q)mkdir -p build/corpus/$(T)
	$(Q)build/fuzz/fuzz/fuzz_$(T) -max_total_time=$(or $(SEC),60) -print_final_stats=1 \
		-artifact_prefix=build/corpus/$(T)- build/corpus/$(T) tests/fuzz/corpus/$(T)

bench: $(OUT)/odcasim $(BENCHES) ## measure what users wait for, beside the floor and installed peers
	$(Q)ODCASIM=$(OUT)/odcasim BENCH=$(OUT)/bench scripts/bench
	$(Q)ODCASIM=$(OUT)/odcasim scripts/bench-enroll

soak: $(OUT)/odcasim ## mint and verify N=200 seeded devices, and see that they share nothing
	$(Q)ODCASIM=$(OUT)/odcasim scripts/soak

install: $(OUT)/odcasim ## install below DESTDIR/PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(OUT)/odcasim $(DESTDIR)$(PREFIX)/bin/odcasim

clean: ## remove build/
	rm -rf build

help: ## this list
	@sed -n 's:T=FUZZERS:T=$(subst $(empty) $(empty),/,$(sort $(FUZZERS))):; s/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "  make %-14s %s\n", $$1, $$2 }'

# --- rules ------------------------------------------------------------------

$(OUT)/odcasim: $(OUT)/sim/cli/main.o $(OUT)/libodcasim.a
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

build/vm/vmlinuz: scripts/vm-kernel
	@echo "  VM    $@"
	$(Q)scripts/vm-kernel $@

build/vm/initrd: build/odcasim scripts/vm-initrd tests/vm/init.sh
	@echo "  VM    $@"
	$(Q)ODCASIM=$< scripts/vm-initrd $@

$(OUT)/libodcasim.a: $(LIB_OBJ)
	@echo "  AR    $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Names and versions, for those who include it.
$(GEN)/config.h: Makefile
	$(Q)mkdir -p $(@D)
	$(Q)printf '#define ODCASIM_VERSION "%s"\n#define ODCASIM_LIBRARIES "%s"\n' \
		"$(VERSION)" "$(subst ~, ,$(LIBRARIES))" >$@

$(OUT)/%.o: %.c Makefile | $(GEN)/config.h
	@echo "  CC    $<"
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# libtasn1's own compiler makes the table from our modules.
$(GEN)/%_asn1_tab.c: certs/%.asn
	@echo "  ASN1  $<"
	$(Q)mkdir -p $(@D)
	$(Q)asn1Parser -o $@ -n $*_asn1_tab $< >/dev/null

$(GEN)/%.o: $(GEN)/%.c
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -Wno-cast-qual -Wno-undef -c -o $@ $<

# The TEST hierarchy is part of the program (.incbin): X(number, path) of each
# file, keys apart from the rest.
PKI_FILES := $(sort $(wildcard certs/pki/*/*.* certs/pki/*/*/*.*))
$(GEN)/embed_list.h: $(PKI_FILES)
	$(Q)mkdir -p $(@D)
	$(Q)for kind in CERTS:cer,crl KEYS:pem; do \
		printf '#define EMBED_%s(X)' "$${kind%:*}"; n=0; \
		for file in $(PKI_FILES:certs/pki/%=%); do \
			case ",$${kind#*:}," in \
			*",$${file##*.},"*) printf ' \\\n\tX(%d, "%s")' $$n "$$file"; n=$$((n + 1)) ;; \
			esac; \
		done; printf '\n'; \
	done >$@
$(OUT)/odca/embed.o: $(GEN)/embed_list.h $(PKI_FILES) certs/pki/host
# So are the style sheets.
$(OUT)/sim/report/style.o: $(wildcard sim/report/*.css)

$(OUT)/unit/%: $(OUT)/tests/unit/%.o $(OUT)/libodcasim.a
	@echo "  LD    $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) -lcmocka

$(OUT)/fuzz/replay_%: $(OUT)/tests/fuzz/fuzz_%.o $(OUT)/tests/fuzz/replay.o $(OUT)/libodcasim.a
	@echo "  LD    $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(OUT)/fuzz/fuzz_%: $(OUT)/tests/fuzz/fuzz_%.o $(OUT)/libodcasim.a
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $^ $(LIBS)

$(OUT)/wire/%: $(OUT)/tests/wire/%.o $(OUT)/libodcasim.a
	@echo "  LD    $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(OUT)/interop/%: $(OUT)/tests/interop/%.o $(OUT)/libodcasim.a
	@echo "  LD    $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(OUT)/bench/%: $(OUT)/tests/bench/%.o $(OUT)/libodcasim.a
	@echo "  LD    $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) -ltss2-tctildr

.SECONDARY:
-include $(patsubst %.c,$(OUT)/%.d,$(SRC) $(wildcard tests/*/*.c))
