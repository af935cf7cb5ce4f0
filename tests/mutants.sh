#!/bin/sh
# Breaks the judge in every small way that cargo-mutants knows, and names each that no test notices.
#
#     sh tests/mutants.sh                                     every file that .cargo/mutants.toml names: hours
#     sh tests/mutants.sh collector/src/policy/states.rs …    these of them
#
# It works on a copy of the tree, and leaves what came of it in mutants.out in the build folder. Environment:
#     LACHAN_TOOLS       where cargo tools are kept (~/.cache/lachan/tools)
#     LACHAN_CASES       how often each property is tried at most (60)
#     CARGO_TARGET_DIR   the build folder (target)
set -eu

MUTANTS_VERSION=27.1.0

cd "$(dirname -- "$0")/.."
root=$(pwd)
target=${CARGO_TARGET_DIR:-$root/target}
case $target in /*) ;; *) target=$root/$target ;; esac
tools=${LACHAN_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/lachan/tools}
PATH=$PATH:$tools/bin
LACHAN_CASES=${LACHAN_CASES:-60}
CARGO_TARGET_DIR=$target/mutants
CARGO_INCREMENTAL=1
export PATH LACHAN_CASES CARGO_TARGET_DIR CARGO_INCREMENTAL
mkdir -p "$target"

case $(cargo mutants --version 2>/dev/null || true) in
    *" $MUTANTS_VERSION") ;;
    *) cargo install --locked --root "$tools" cargo-mutants --version "$MUTANTS_VERSION" ;;
esac

# A file that is named on the command line would be added to those of the configuration: the names of mutants begin with
# their file, and only those are taken.
for file in "$@"; do
    shift
    set -- "$@" --re "^$file:"
done
exec cargo mutants --jobs 1 --no-shuffle --output "$target" "$@"
