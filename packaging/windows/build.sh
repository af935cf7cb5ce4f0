#!/bin/sh
# The agent for Windows 7 SP1 and later (64 bits), as it ships. The last line that it prints is where the exe lies.
#
#     sh packaging/windows/build.sh
#
# Rust's own Windows targets start on Windows 10: the standard library is therefore compiled along, for the target that
# keeps to what Windows 7 has. That takes the library's source, either rustup's component rust-src or Debian's packages
# of the compiler that they build their browsers with, which are unpacked and not installed. Exit code 3: something is
# missing, and a line says what and how to get it.
#
#     CARGO_TARGET_DIR           the build folder (target)
#     LACHAN_WINDOWS_TOOLCHAIN   where Debian's packages are unpacked (~/.cache/lachan/windows-toolchain)
set -eu

TARGET=x86_64-win7-windows-gnu
MINGW=x86_64-w64-mingw32
DEBIAN_PACKAGES="rustc-web libstd-rust-web-dev rust-web-src"
LACKS=3

main() {
    root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
    cd "$root"
    find_linker
    find_compiler
    build
    exe=${CARGO_TARGET_DIR:-target}/$TARGET/agent/lachan-agent.exe
    ls -l "$exe" >&2
    echo "$exe"
}

lacks() {
    printf 'packaging/windows/build.sh: %s\n' "$1" >&2
    exit "$LACKS"
}

find_linker() {
    for tool in gcc ar; do
        command -v "$MINGW-$tool" >/dev/null ||
            lacks "$MINGW-$tool is missing: apt-get install gcc-mingw-w64-x86-64-win32 binutils-mingw-w64-x86-64"
    done
}

find_compiler() {
    command -v cargo >/dev/null || lacks "cargo is missing: install the Rust toolchain with rustup (https://rustup.rs)"
    if has_source "$(rustc --print sysroot)"; then return; fi
    if command -v rustup >/dev/null && rustup component add rust-src >&2; then return; fi
    use_debians_compiler
}

has_source() {
    [ -f "$1/lib/rustlib/src/rust/library/Cargo.lock" ]
}

use_debians_compiler() {
    packages=${LACHAN_WINDOWS_TOOLCHAIN:-${XDG_CACHE_HOME:-$HOME/.cache}/lachan/windows-toolchain}
    usr=$packages/root/usr
    [ -x "$usr/bin/rustc" ] || unpack_debians_compiler
    LD_LIBRARY_PATH=$usr/lib/x86_64-linux-gnu
    RUSTC=$usr/bin/rustc
    export LD_LIBRARY_PATH RUSTC
    has_source "$("$RUSTC" --print sysroot)" ||
        lacks "the source of the standard library is missing: rustup component add rust-src, or remove $packages"
}

unpack_debians_compiler() {
    command -v apt-get >/dev/null || lacks "the source of the standard library is missing: rustup component add rust-src"
    mkdir -p "$packages/root"
    (
        cd "$packages"
        # These two have their version in their names.
        library=$(needs libstd-rust-web-dev libstd-rust-web)
        llvm=$(needs "$library" libllvm)
        # shellcheck disable=SC2086  # a list of words
        apt-get -qq download $DEBIAN_PACKAGES "$library" "$llvm" >&2 || exit 1
        for package in ./*.deb; do dpkg-deb -x "$package" root; done
    ) || lacks "the source of the standard library is missing: rustup component add rust-src, or a Debian mirror with $DEBIAN_PACKAGES"
}

# The package whose name begins so, of those that a package needs.
needs() {
    apt-cache depends "$1" | sed -n "s/^ *Depends: \\($2.*\\)/\\1/p"
}

# The unstable options are cargo's own, and of the source that is compiled nothing asks for more: the compiler is the one
# that compiles everything else.
build() {
    export RUSTC_BOOTSTRAP=1 AWS_LC_SYS_PREBUILT_NASM=1
    export "CC_x86_64_win7_windows_gnu=$MINGW-gcc" "AR_x86_64_win7_windows_gnu=$MINGW-ar"
    cargo build --locked --package agent --bin lachan-agent --profile agent --no-default-features --target "$TARGET" \
        --config packaging/windows/agent-build.toml -Zbuild-std=std,panic_abort \
        -Zbuild-std-features=optimize_for_size >&2
}

main "$@"
