#!/bin/sh
# The systemd units are free of mistakes and stay as closed as they are: sh tests/units.sh
#
# `systemd-analyze verify` only warns about an unknown key, hence: no word on stderr either.
set -eu

units=$(CDPATH='' cd -- "$(dirname -- "$0")/../packaging/linux" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

main() {
    make_root
    # Tenths of the exposure level: 1.6 and 2.7.
    check lachan-collector.service 16
    check lachan-agent.service 27
}

# Just enough of a machine for verify: the two programs by name, and the targets every service hangs on.
make_root() {
    mkdir -p "$root/usr/bin" "$root/etc/systemd/system"
    for program in lachan-agent lachan-collector; do
        printf '#!/bin/sh\n' >"$root/usr/bin/$program"
        chmod +x "$root/usr/bin/$program"
    done
    for target in basic multi-user network-online shutdown sysinit; do
        printf '[Unit]\n' >"$root/etc/systemd/system/$target.target"
    done
    cp "$units"/*.service "$root/etc/systemd/system/"
}

check() {
    said=$(systemd-analyze verify --root="$root" "$1" 2>&1) || { printf '%s\n' "$said" >&2; exit 1; }
    [ -z "$said" ] || { printf '%s\n' "$said" >&2; exit 1; }
    listing=$(systemd-analyze security --offline=true --root="$root" --threshold="$2" --no-pager "$1") || {
        printf '%s\n%s: more exposed than %s tenths\n' "$listing" "$1" "$2" >&2
        exit 1
    }
    printf '%s\n' "$listing" | tail -n 1
}

main
