#!/bin/sh
# Everything deterministic that says whether this tree is good, from a fresh clone.
#
#     sh tests/run.sh            at most 20 minutes from empty on 2 cores
#     sh tests/run.sh --long     also the soaks and the kill tests, and more cases of every property
#
# It installs the Debian packages and the cargo tools that are missing. Environment:
#     LACHAN_TOOLS               where cargo tools are kept (~/.cache/lachan/tools)
#     LACHAN_ADVISORY_SNAPSHOT   a rustsec-*.tar.xz, for a machine without a network
#     CARGO_TARGET_DIR           the build folder (target)
set -eu

NEXTEST_VERSION=0.9.143
DENY_VERSION=0.20.2

# Debian's names; npm, for taplo, is added where there is none. clamav-daemon brings clamd and clamonacc, prometheus brings promtool, rpm brings rpmbuild.
PACKAGES="binutils-mingw-w64-x86-64 clamav clamav-daemon clamdscan createrepo-c curl debootstrap dnf fonts-liberation gcc-mingw-w64-x86-64-win32 git haproxy libalpm13 libdpkg-perl libreoffice-calc-nogui lz4 openssl poppler-utils prometheus rpm shellcheck slowhttptest sqlite3 strace systemd testssl.sh time wine wine64 xz-utils zstd zypper"

main() {
    read_arguments "$@"
    prepare_environment
    trap 'say_how_it_ended $?' EXIT

    step "packages"         install_packages
    step "compilers"        check_compilers
    step "cargo tools"      install_cargo_tools
    step "advisories"       place_advisories

    step "format"           cargo fmt --all --check
    step "clippy"           cargo clippy --locked --workspace --all-targets -- -D warnings
    begin_agent_that_ships
    step "build"            cargo build --locked --workspace --bins --tests
    step "agent that ships" await_agent_that_ships
    step "peers"            fetch_peers
    begin_agent_for_windows
    step "tests"            cargo nextest run --locked --workspace --profile "$profile" -E 'not binary(windows)'
    step "agent for Windows" await_agent_for_windows
    step "tests on Windows" cargo nextest run --locked --workspace --profile "$profile" -E 'binary(windows)'
    step "budget"           show_budget
    step "documentation"    env RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps
    step "dependencies"     check_dependencies
    step "policies"         "$target/debug/lachan-collector" policy check policies
    step "scripts"          shellcheck tests/run.sh tests/peers.sh tests/mutants.sh packaging/quickstart.sh packaging/windows/build.sh tests/units.sh .ci/run
    step "systemd units"    sh tests/units.sh
    step "prometheus"       check_prometheus
    step "skips"            check_skips
}

read_arguments() {
    profile=default
    # A property of the judge is tried 1,500 times here and 10,000 times with --long.
    LACHAN_CASES=1500
    for argument in "$@"; do
        case $argument in
            --long)    profile=long; LACHAN_CASES=10000; export LACHAN_LONG=1 ;;
            -h|--help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0"; exit 0 ;;
            *)         complain "unknown argument \`$argument\` (known: --long)"; exit 2 ;;
        esac
    done
}

prepare_environment() {
    exec </dev/null
    root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
    cd "$root"
    target=${CARGO_TARGET_DIR:-$root/target}
    case $target in /*) ;; *) target=$root/$target ;; esac
    tools=${LACHAN_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/lachan/tools}
    PATH=$PATH:$tools/bin
    mkdir -p "$target"
    LACHAN_SKIPS=$target/skips.txt
    : >"$LACHAN_SKIPS"
    rm -f "$target/budget.md" "$target/budget-peers.md"
    export PATH LACHAN_CASES LACHAN_SKIPS CARGO_INCREMENTAL=0
    began=$(date +%s)
    current=
}

# --- steps -----------------------------------------------------------------------------------------------------------

# The bodies run outside any condition, so that `set -e` holds inside them; the exit trap names the step that failed.
step() {
    current=$1
    shift
    printf '\n== %s\n' "$current"
    step_began=$(date +%s)
    "$@"
    printf -- '-- %s: %s s\n' "$current" "$(($(date +%s) - step_began))"
    current=
}

say_how_it_ended() {
    seconds=$(($(date +%s) - began))
    minutes=$((seconds / 60)).$((seconds % 60 / 6))
    if [ -n "$current" ]; then
        complain "failed at step \`$current\` after $(($(date +%s) - step_began)) s ($minutes minutes in all)"
        if [ "$1" -eq 0 ]; then exit 1; fi
    elif [ "$1" -eq 0 ]; then
        printf '\nAll good: %s minutes, %s skipped.\n' "$minutes" "$(wc -l <"$LACHAN_SKIPS" | tr -d ' ')"
    fi
    exit "$1"
}

complain() {
    printf 'tests/run.sh: %s\n' "$1" >&2
}

# --- what the machine needs ------------------------------------------------------------------------------------------

install_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        complain "this is not a Debian: install the equivalents of: $PACKAGES"
        return 1
    fi
    # npm comes with the Node.js of others than Debian too.
    command -v npm >/dev/null || PACKAGES="$PACKAGES npm"
    missing=
    for package in $PACKAGES; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || missing="$missing $package"
    done
    if [ -z "$missing" ]; then
        echo "all there"
        return
    fi
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
            complain "packages are missing and only root can install them: apt-get install$missing"
            return 1
        fi
        as_root="sudo -n"
    fi
    echo "installing:$missing"
    $as_root apt-get -qq -o DPkg::Lock::Timeout=300 update
    # shellcheck disable=SC2086  # a list of words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
        install --no-install-recommends $missing >/dev/null
}

check_compilers() {
    if ! command -v cargo >/dev/null; then
        complain "cargo is missing: install the Rust toolchain with rustup (https://rustup.rs; Debian 13: apt-get install rustup)"
        return 1
    fi
    if ! command -v cc >/dev/null; then
        complain "a C compiler is missing: apt-get install gcc libc6-dev"
        return 1
    fi
    cargo --version
    cc --version | head -n 1
}

install_cargo_tools() {
    install_cargo_tool cargo-nextest "$NEXTEST_VERSION"
    install_cargo_tool cargo-deny "$DENY_VERSION"
}

install_cargo_tool() {
    if ! command -v "$1" >/dev/null; then
        echo "building $1 $2 once, into $tools (some minutes)"
        cargo install --locked --root "$tools" "$1" --version "$2"
    fi
    command -v "$1"
}

# They are large, and measured for ten minutes.
fetch_peers() {
    case $profile in
        long) sh tests/peers.sh "$target/peers" ;;
        *)    echo "only with --long" ;;
    esac
}

# --- the agents as they ship -----------------------------------------------------------------------------------------

# It is optimised as one piece, by one processor: the other one has the build of everything else.
begin_agent_that_ships() {
    agent_log=$target/agent-that-ships.log
    cargo agent --locked >"$agent_log" 2>&1 &
    agent_build=$!
}

await_agent_that_ships() {
    wait "$agent_build" || { cat "$agent_log"; return 1; }
    tail -n 1 "$agent_log"
}

# Tests wait more than they compute: meanwhile it is built, with what time of the processors they leave.
begin_agent_for_windows() {
    windows_log=$target/agent-for-windows.log
    nice -n 19 sh packaging/windows/build.sh >"$windows_log" 2>&1 &
    windows_build=$!
}

# Where something is missing that it takes (exit code 3), its tests skip themselves by name.
await_agent_for_windows() {
    code=0
    wait "$windows_build" || code=$?
    case $code in
        0) tail -n 1 "$windows_log" ;;
        3) tail -n 1 "$windows_log"; rm -f "$target/x86_64-win7-windows-gnu/agent/lachan-agent.exe" ;;
        *) cat "$windows_log"; return 1 ;;
    esac
}

# --- checks ----------------------------------------------------------------------------------------------------------

# cargo-deny wants a git checkout under the name it derives from the database's address.
place_advisories() {
    database=$root/target/advisory-db/advisory-db-3157b0e258782691
    advisories=offline
    snapshot=${LACHAN_ADVISORY_SNAPSHOT:-}
    for candidate in "$root"/../shared/advisory-db/rustsec-*.tar.xz; do
        if [ -z "$snapshot" ] && [ -f "$candidate" ]; then snapshot=$candidate; fi
    done
    if [ -n "$snapshot" ]; then
        rm -rf "$database"
        mkdir -p "$database"
        tar -xJf "$snapshot" -C "$database"
        git -C "$database" init --quiet
        git -C "$database" add --all
        git -C "$database" -c user.name=snapshot -c user.email=snapshot@invalid commit --quiet \
            --message "$(basename "$snapshot")"
        echo "from $(basename "$snapshot")"
    elif timeout 120 cargo deny fetch db; then
        echo "fetched"
    else
        advisories=none
        printf 'advisories\tneither a snapshot nor the database could be reached\n' >>"$LACHAN_SKIPS"
    fi
}

# What tests/budget.rs measured in this run.
show_budget() {
    for table in budget.md budget-peers.md; do
        if [ -f "$target/$table" ]; then cat "$target/$table"; fi
    done
}

check_dependencies() {
    case $advisories in
        offline) cargo deny --locked --offline check ;;
        none)    cargo deny --locked --offline check bans licenses sources ;;
    esac
}

check_prometheus() {
    promtool check config packaging/prometheus/prometheus.yml
    promtool check rules packaging/prometheus/rules/*.yml
    promtool test rules packaging/prometheus/tests/*_test.yml
}

check_skips() {
    unexplained=0
    while IFS='	' read -r name reason; do
        if awk -F ': ' '!/^#/ && NF > 1 { print $1 }' .ci/skips | grep -Fqx -e "$name"; then
            echo "skipped: $name ($reason)"
        else
            complain "skipped without being allowed in .ci/skips: $name ($reason)"
            unexplained=$((unexplained + 1))
        fi
    done <"$LACHAN_SKIPS"
    [ "$unexplained" -eq 0 ]
}

main "$@"
