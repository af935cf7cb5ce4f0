#!/bin/sh
# Three agents that others use, unpacked and not installed, so that nothing of them starts: sh tests/peers.sh FOLDER
#
# Debian's packages with everything they need that is missing here are downloaded and unpacked into FOLDER/root;
# tests/budget.rs starts the programs from there. FOLDER/PACKAGE.txt says version and installed size (KiB), and stands only
# when everything is there.
set -eu

PEERS="zabbix-agent2 prometheus-node-exporter fusioninventory-agent"

main() {
    folder=$1
    mkdir -p "$folder"
    cd "$folder"
    for peer in $PEERS; do
        [ -f "$peer.txt" ] || fetch "$peer" || echo "tests/peers.sh: $peer cannot be had here"
    done
}

# Called in a condition, where `set -e` does not hold: every step says itself what follows from it.
fetch() {
    package=$1
    debs=debs-$package
    rm -rf "$debs" && mkdir "$debs" || return 1
    # What apt would install; --reinstall names the package even where it is installed.
    needed=$(apt-get -s -qq --reinstall install --no-install-recommends "$package" | awk '/^Inst/ { print $2 }')
    # shellcheck disable=SC2086  # a list of words
    (cd "$debs" && apt-get -qq download $needed 2>/dev/null) || return 1
    for deb in "$debs"/*.deb; do
        dpkg-deb -x "$deb" root || return 1
    done
    if [ "$package" = fusioninventory-agent ]; then root_paths || return 1; fi
    dpkg-deb -f "$debs/$package"_*.deb Version Installed-Size >"$package.txt"
}

# The one peer that finds its own files by their installed names.
root_paths() {
    lib=root/usr/share/fusioninventory/lib
    grep -rl -e '"/usr/share' -e '"/var/lib' "$lib" root/usr/bin/fusioninventory-agent |
        xargs sed -i "s#\"/usr/share#\"$PWD/root/usr/share#; s#\"/var/lib#\"$PWD/root/var/lib#" &&
        ln -sf "$PWD/root/var/lib/usbutils/usb.ids" root/usr/share/misc/usb.ids &&
        mkdir -p root/var/lib/fusioninventory-agent
}

main "$@"
