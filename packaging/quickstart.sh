#!/bin/sh
# This machine's own posture, judged, as metrics: from a fresh clone, without root.
#
#     sh packaging/quickstart.sh [--once] [--dir D] [--lang vi|en]
#
#     --once   ends with 0 after the verdict is shown; otherwise both programs run until Ctrl-C
#     --dir    the working folder: settings, policies, keys, store, logs (./lachan-quickstart); a second run goes on in it
#     --lang   the language (the locale's)
#
# It builds the collector and the agent, writes a register that holds one unit and this machine, joins the real agent with
# a token, waits for its judged report, and shows the verdict, the targets and where Prometheus may scrape. Run as root the
# agent sees what only root may read; otherwise it says what it could not see.
set -eu

ROW=may-nay
LISTEN_PORT=7443
METRICS_PORT=9743

main() {
    root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
    read_arguments "$@"
    collector_pid='' agent_pid='' build_pid='' serving=''
    trap 'stop_everything' EXIT
    trap 'interrupted' INT TERM HUP
    exec </dev/null

    check_compilers
    make_folder
    build
    [ -f "$dir/collector.toml" ] || make_ready
    start_collector
    is_enrolled || enrol_agent
    report_once
    show_everything
    [ -n "$once" ] || serve_until_interrupted
}

read_arguments() {
    lang=en once='' dir=$PWD/lachan-quickstart
    case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in vi*) lang='vi' ;; esac
    while [ $# -gt 0 ]; do
        case $1 in
            --once)     once=yes ;;
            --dir=*)    dir=${1#--dir=} ;;
            --lang=*)   lang=${1#--lang=} ;;
            --dir|--lang)
                [ $# -ge 2 ] || usage_error "$1"
                case $1 in --dir) dir=$2 ;; --lang) lang=$2 ;; esac
                shift ;;
            -h|--help)  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0"; exit 0 ;;
            *)          usage_error "$1" ;;
        esac
        shift
    done
    case $lang in vi|en) ;; *) usage_error "--lang $lang" ;; esac
    case $dir in /*) ;; '') usage_error --dir ;; *) dir=$PWD/$dir ;; esac
}

usage_error() {
    printf 'quickstart.sh: %s\nsh packaging/quickstart.sh [--once] [--dir D] [--lang vi|en]\n' "$1" >&2
    exit 2
}

# --- words -----------------------------------------------------------------------------------------------------------

words() {
    case $lang in vi) printf '%s' "$1" ;; *) printf '%s' "$2" ;; esac
}

say() {
    printf '\n== %s\n' "$(words "$1" "$2")"
}

give_up() {
    printf '\nquickstart.sh: %s\n' "$(words "$1" "$2")" >&2
    exit 1
}

# The end of a log, and where the whole of it is.
give_up_with_log() {
    log=$1
    shift
    if [ -s "$log" ]; then
        printf '\n' >&2
        tail -n 20 "$log" | sed 's/^/    /' >&2
    fi
    give_up "$1 ($log)" "$2 ($log)"
}

# --- the build -------------------------------------------------------------------------------------------------------

check_compilers() {
    command -v cargo >/dev/null || give_up \
        "chưa có cargo: hãy cài bộ công cụ Rust bằng rustup (https://rustup.rs; Debian 13: apt-get install rustup)" \
        "cargo is missing: install the Rust toolchain with rustup (https://rustup.rs; Debian 13: apt-get install rustup)"
    command -v cc >/dev/null || give_up \
        "chưa có trình biên dịch C: apt-get install gcc libc6-dev" \
        "a C compiler is missing: apt-get install gcc libc6-dev"
    needed=$(sed -n 's/^rust-version = "1\.\([0-9]*\)".*/\1/p' "$root/Cargo.toml")
    # Asked inside the project, where rustup fetches the toolchain that rust-toolchain.toml names.
    version=$(cd "$root" && cargo --version) || give_up \
        "cargo không chạy được: xem thông báo ở trên" "cargo does not run: see the message above"
    minor=$(printf '%s\n' "$version" | sed -n 's/^cargo 1\.\([0-9]*\)\..*/\1/p')
    if [ -n "$minor" ] && [ "$minor" -lt "$needed" ]; then
        give_up "cần Rust 1.$needed trở lên, ở đây là $version: hãy cài bằng rustup (https://rustup.rs)" \
            "Rust 1.$needed or later is needed, this is $version: install it with rustup (https://rustup.rs)"
    fi
}

make_folder() {
    # The admin socket lies in it, and the kernel allows a socket's path 107 bytes.
    [ "$(printf '%s/data/admin.sock' "$dir" | wc -c)" -le 107 ] || give_up \
        "đường dẫn quá dài: $dir (chọn thư mục khác bằng --dir)" "the path is too long: $dir (choose another with --dir)"
    umask 077
    mkdir -p "$dir/log" "$dir/agent" 2>/dev/null || give_up \
        "không tạo được thư mục $dir (chọn thư mục khác bằng --dir)" "cannot make the folder $dir (choose another with --dir)"
}

build() {
    say "Biên dịch hai chương trình (lần đầu mất vài phút)" "Building both programs (some minutes the first time)"
    target=${CARGO_TARGET_DIR:-$root/target}
    case $target in /*) ;; *) target=$root/$target ;; esac
    set -- cargo build --release --locked --package agent --package collector \
        --manifest-path "$root/Cargo.toml" --target-dir "$target"
    if [ -t 2 ]; then
        (cd "$root" && "$@") || give_up "không biên dịch được: xem lỗi ở trên" "the build failed: see above"
    else
        build_quietly "$@"
    fi
}

# Without a terminal cargo shows no progress: a line now and then says that it lives.
build_quietly() {
    log=$dir/log/build.log
    (cd "$root" && exec "$@") >"$log" 2>&1 &
    build_pid=$!
    seconds=0
    while kill -0 "$build_pid" 2>/dev/null; do
        sleep 1
        seconds=$((seconds + 1))
        if [ $((seconds % 15)) -eq 0 ]; then
            latest=$(sed -n 's/^ *Compiling //p' "$log" | tail -n 1)
            words "   $seconds giây: $latest" "   $seconds s: $latest"
            echo
        fi
    done
    wait "$build_pid" || { build_pid=''; give_up_with_log "$log" "không biên dịch được" "the build failed"; }
    build_pid=''
}

# --- the collector ---------------------------------------------------------------------------------------------------

collector() {
    "$target/release/lachan-collector" --lang "$lang" "$@"
}

# The register goes first: `init` leaves alone what is there, and writes collector.toml last.
make_ready() {
    say "Chuẩn bị thư mục $dir" "Making the folder $dir ready"
    write_register
    listen=$(free_port "$LISTEN_PORT")
    metrics=$(free_port "$METRICS_PORT")
    [ "$listen" = "$LISTEN_PORT" ] || say_other_port "$LISTEN_PORT" "$listen"
    [ "$metrics" = "$METRICS_PORT" ] || say_other_port "$METRICS_PORT" "$metrics"
    collector init --dir "$dir" --listen "127.0.0.1:$listen" --metrics "127.0.0.1:$metrics" --public 127.0.0.1 \
        >"$dir/log/init.log" 2>&1 || give_up_with_log "$dir/log/init.log" "không chuẩn bị được" "init failed"
}

say_other_port() {
    words "Cổng $1 đang bận: dùng cổng $2" "Port $1 is busy: using $2"
    echo
}

free_port() {
    port=$1
    while port_is_busy "$port"; do
        port=$((port + 1))
        [ "$port" -lt $(($1 + 100)) ] || give_up "không còn cổng trống từ $1" "no port is free from $1 on"
    done
    echo "$port"
}

# Who listens stands in /proc/net: local address, remote address, state 0A. No tool is needed for that.
port_is_busy() {
    grep -qsE "^ *[0-9]+: [0-9A-F]+:$(printf '%04X' "$1") [0-9A-F]+:0000 0A " /proc/net/tcp /proc/net/tcp6
}

write_register() {
    register=$dir/policies/register
    mkdir -p "$register"
    cat >"$register/units.toml" <<'END'
# Sổ đăng ký thử nghiệm do quickstart.sh viết: hãy thay bằng các đơn vị thật.
# A demonstration register written by quickstart.sh: put your own units in its place.

[[unit]]
id = "don-vi"
name = { vi = "Đơn vị dùng thử", en = "Demonstration unit" }
END
    cat >"$register/systems.toml" <<'END'
# Sổ đăng ký thử nghiệm do quickstart.sh viết: cấp độ và các quyết định dưới đây chỉ để minh họa, không phải hồ sơ thật.
# A demonstration register written by quickstart.sh: the level and the decisions below only illustrate; they are not real.

[[system]]
id = "mang-noi-bo"
name = { vi = "Mạng nội bộ (LAN) và máy trạm", en = "Local network (LAN) and workstations" }
owner = "Chủ quản (mẫu)"
operator = "Đơn vị vận hành (mẫu)"
unit = "don-vi"
legal_basis = "ND331_2026"
type = "internal"
level = 2
status = "approved"
decision = { number = "01/QĐ-MẪU", date = 2026-10-01, authority = "Đơn vị dùng thử" }
regulation = { number = "02/QĐ-MẪU", date = 2026-09-15, authority = "Đơn vị dùng thử" }
deployment = "none"
expected_deployment = 2027-06-30
END
    cat >"$register/machines.csv" <<END
# Sổ đăng ký thử nghiệm do quickstart.sh viết: mỗi máy tính thuộc trách nhiệm của đơn vị là một dòng.
# A demonstration register written by quickstart.sh: one line for every machine the unit answers for.
id,unit,kind,systems,serial,asset_tag,host_name,from,until
$ROW,don-vi,workstation,mang-noi-bo,,,$(uname -n),$(date -u +%F),
END
}

start_collector() {
    say "Khởi động máy chủ thu nhận" "Starting the collector"
    listen=$(port_of listen "$LISTEN_PORT")
    metrics=$(port_of metrics "$METRICS_PORT")
    for port in "$listen" "$metrics"; do
        if port_is_busy "$port"; then
            give_up "cổng $port đang bận (quickstart khác đang chạy?): dừng chương trình đó, hoặc sửa $dir/collector.toml" \
                "port $port is busy (another quickstart?): end what uses it, or change $dir/collector.toml"
        fi
    done
    "$target/release/lachan-collector" --lang "$lang" serve --config "$dir/collector.toml" >"$dir/log/collector.log" 2>&1 &
    collector_pid=$!
    : >"$dir/log/agent.log"
    wait_for_collector
}

port_of() {
    found=$(sed -n "s/^$1 = \".*:\([0-9]*\)\".*/\1/p" "$dir/collector.toml")
    echo "${found:-$2}"
}

# Once it listens, its answer to an officer is the answer of the running collector.
wait_for_collector() {
    tries=0
    until port_is_busy "$metrics" && quietly collector posture --config "$dir/collector.toml"; do
        tries=$((tries + 1))
        if ! kill -0 "$collector_pid" 2>/dev/null || [ "$tries" -ge 150 ]; then
            give_up_with_log "$dir/log/collector.log" "máy chủ thu nhận không khởi động được" "the collector did not start"
        fi
        sleep 0.2
    done
}

# Exit code 2 is a finding, not an error.
accept_finding() {
    code=0
    "$@" || code=$?
    [ "$code" -eq 0 ] || [ "$code" -eq 2 ]
}

quietly() {
    accept_finding "$@" >/dev/null 2>&1
}

# --- the agent -------------------------------------------------------------------------------------------------------

agent() {
    "$target/release/lachan-agent" --lang "$lang" --config "$dir/agent/agent.toml" --state "$dir/agent/state" "$@"
}

is_enrolled() {
    agent status --json 2>/dev/null | grep -qE '^ *"machine": *"[0-9a-f]{32}"'
}

enrol_agent() {
    say "Ghi danh tác tử của máy này" "Enrolling this machine's agent"
    cat >"$dir/agent/agent.toml" <<'END'
# Viết bởi quickstart.sh. / Written by quickstart.sh.
first_contact_spread = "0s"
END
    log=$dir/log/agent.log
    collector token create --config "$dir/collector.toml" --machine "$ROW" --uses 1 --expires 1d --quiet \
        >"$dir/agent/token" 2>>"$log" || give_up_with_log "$log" "không tạo được mã ghi danh" "no join token was made"
    agent enrol --token-file "$dir/agent/token" >>"$log" 2>&1 \
        || give_up_with_log "$log" "không ghi danh được" "the agent could not enrol"
    rm -f "$dir/agent/token"
}

# One survey and one contact: it ends with 0 only when the collector has answered.
report_once() {
    say "Khảo sát máy này và gửi báo cáo" "Looking at this machine and sending the report"
    log=$dir/log/agent.log
    accept_finding agent run --once >>"$log" 2>&1 \
        || give_up_with_log "$log" "không gửi được báo cáo" "the report was not delivered"
}

# --- what is shown ---------------------------------------------------------------------------------------------------

show_everything() {
    say "Kết luận về máy này" "The verdict on this machine"
    accept_finding collector machine show "$ROW" --config "$dir/collector.toml" || give_up_with_log \
        "$dir/log/collector.log" "máy chủ thu nhận không trả lời" "the collector did not answer"
    say "Chỉ tiêu" "Targets"
    accept_finding collector posture --config "$dir/collector.toml" || give_up_with_log \
        "$dir/log/collector.log" "máy chủ thu nhận không trả lời" "the collector did not answer"
    say "Số liệu cho Prometheus: http://127.0.0.1:$metrics/metrics" "Metrics for Prometheus: http://127.0.0.1:$metrics/metrics"
    words "   Thư mục: $dir (chính sách và sổ đăng ký: policies/, nhật ký: log/)" \
        "   Folder: $dir (policies and register: policies/, logs: log/)"
    echo
}

serve_until_interrupted() {
    "$target/release/lachan-agent" --lang "$lang" --config "$dir/agent/agent.toml" --state "$dir/agent/state" run \
        >>"$dir/log/agent.log" 2>&1 &
    agent_pid=$!
    serving=yes
    say "Đang chạy; Ctrl-C để dừng" "Running; Ctrl-C ends it"
    while :; do
        kill -0 "$collector_pid" 2>/dev/null || give_up_with_log "$dir/log/collector.log" \
            "máy chủ thu nhận đã dừng" "the collector ended"
        kill -0 "$agent_pid" 2>/dev/null || give_up_with_log "$dir/log/agent.log" "tác tử đã dừng" "the agent ended"
        sleep 1
    done
}

# Ctrl-C is how it is meant to end once everything has been shown.
interrupted() {
    echo
    if [ -n "$serving" ]; then exit 0; else exit 130; fi
}

stop_everything() {
    trap '' INT TERM HUP
    for pid in $agent_pid $collector_pid $build_pid; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    for pid in $agent_pid $collector_pid $build_pid; do
        wait "$pid" 2>/dev/null || true
    done
}

main "$@"
