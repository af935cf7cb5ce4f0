//! Where the facts of one topic are read.

use std::fmt::Write as _;

use report::{Lang, Platform, Topic};

use super::{reads, system};
use crate::probes::reads::{Place, Reads, Right};
use crate::words::{Words, words};

pub(super) fn of_topic(page: &mut String, topic: Topic, platform: Platform, lang: Lang) {
    let prefix = format!("{}.", topic.name());
    let is_of_topic = |reads: &&Reads| reads.facts.iter().any(|fact| fact.starts_with(&prefix));
    let all: Vec<_> = reads::on(platform).filter(is_of_topic).collect();
    let heading = words("đọc ở đâu", "where it is read");
    let _ = writeln!(page, "\n**{}: {}**\n", system(platform), heading.get(lang));
    for reads in all {
        let facts = reads.facts.iter().filter(|fact| fact.starts_with(&prefix));
        let facts: Vec<_> = facts.map(|fact| format!("`{fact}`")).collect();
        let _ = writeln!(page, "- {} ({})", facts.join(", "), right(reads.right).get(lang));
        for (what, names) in grouped(reads.places, platform, lang) {
            let _ = match names.is_empty() {
                true => writeln!(page, "  - {what}"),
                false => writeln!(page, "  - {what}: {}", names.join(", ")),
            };
        }
    }
}

fn right(right: Right) -> Words {
    match right {
        Right::Everyone => words("mọi người dùng máy đều đọc được", "every user may read it"),
        Right::Administrator => {
            words("cần quyền quản trị", "takes root, or an administrator's rights")
        }
        Right::Nobody => words("không đọc ở đâu", "nothing is read"),
    }
}

/// What is done with the places, and those with which it is done, in the order of the list.
fn grouped(places: &[Place], platform: Platform, lang: Lang) -> Vec<(&'static str, Vec<String>)> {
    let mut grouped: Vec<(&str, Vec<String>)> = Vec::new();
    for place in places {
        let (what, name) = described(place, platform);
        let what = what.get(lang);
        match grouped.iter_mut().find(|(known, _)| *known == what) {
            Some((_, names)) => names.extend(name),
            None => grouped.push((what, name.into_iter().collect())),
        }
    }
    grouped
}

/// What is done with a place, and its name.
fn described(place: &Place, platform: Platform) -> (Words, Option<String>) {
    let named = |what, name: String| (what, Some(name));
    match place {
        Place::File(file) => named(CONTENT, path(file, platform)),
        Place::Folder(folder) => named(NAMES, path(folder, platform)),
        Place::Trace(trace) => named(TRACE, path(trace, platform)),
        Place::Registry(key, []) => named(KEYS, code(key)),
        Place::Registry(key, values) => {
            let values: Vec<_> = values.iter().map(|value| code(value)).collect();
            named(VALUES, format!("{} ({})", code(key), values.join(", ")))
        }
        Place::Wmi(namespace, class) => named(CLASS, code(&format!("{namespace}:{class}"))),
        Place::Services(names) => {
            let names: Vec<_> = names.iter().map(|name| code(name)).collect();
            named(SERVICE, names.join(", "))
        }
        Place::Program(line) => named(PROGRAM, code(line)),
        Place::Interface(name) => named(INTERFACE, (*name).to_owned()),
        Place::Processes => (PROCESSES, None),
        Place::Units => (UNITS, None),
        Place::Container => (CONTAINER, None),
        Place::ProductProgram => (PRODUCT_PROGRAM, None),
        Place::Kernel => (KERNEL, None),
        Place::Configuration => (CONFIGURATION, None),
    }
}

pub(super) fn code(text: &str) -> String {
    format!("`{text}`")
}

/// A path as the system writes it.
pub(super) fn path(path: &str, platform: Platform) -> String {
    match platform {
        Platform::Linux => code(&format!("/{path}")),
        Platform::Windows => code(&format!("C:\\{}", path.replace('/', "\\"))),
    }
}

pub(super) const CONTENT: Words = words("nội dung tệp", "content of");
const NAMES: Words = words("tên các mục trong thư mục", "names in");
pub(super) const TRACE: Words = words(
    "có hay không, của ai, từ lúc nào (không đọc nội dung)",
    "whether it is there, whose and how old (nothing of its content)",
);
const KEYS: Words = words(
    "khóa registry, chỉ xem có hay không và tên khóa con",
    "whether a registry key is there, and the names below",
);
pub(super) const VALUES: Words = words("giá trị trong registry", "registry values");
pub(super) const CLASS: Words = words("lớp WMI", "WMI class");
pub(super) const SERVICE: Words = words(
    "dịch vụ và trình điều khiển: có chạy không, khởi động thế nào",
    "services and drivers: whether they run, how they start",
);
pub(super) const PROGRAM: Words = words("chạy chương trình", "runs");
const INTERFACE: Words = words("giao diện của Windows", "interface of Windows");
const PROCESSES: Words = words(
    "danh sách tiến trình: tên và chủ sở hữu, không phải những gì chúng xử lý",
    "the running processes: their names and owners, nothing of what they work on",
);
const UNITS: Words = words(
    "dịch vụ nào được khởi động: các liên kết dưới `/etc/systemd/system`, `/run/systemd/system`, \
     `/usr/lib/systemd/system`, `/lib/systemd/system` và `/etc/runlevels`",
    "which services are started: the links below `/etc/systemd/system`, `/run/systemd/system`, \
     `/usr/lib/systemd/system`, `/lib/systemd/system` and `/etc/runlevels`",
);
const CONTAINER: Words = words(
    "có phải container không: có hay không `/.dockerenv`, `/run/.containerenv`, \
     `/run/systemd/container`, `/run/systemd/system`; nếu không rõ thì tìm biến `container` trong \
     `/proc/1/environ`, cần quyền quản trị",
    "whether this is a container: `/.dockerenv`, `/run/.containerenv`, `/run/systemd/container` and \
     `/run/systemd/system` are there or not, and where that does not tell the variable `container` \
     of `/proc/1/environ`, which takes root",
);
const PRODUCT_PROGRAM: Words = words(
    "tệp chương trình mà phần mềm an ninh đã đăng ký: chỉ xem có hay không",
    "the program that a security product has registered: only whether it is there",
);
const KERNEL: Words = words(
    "nhân hệ điều hành: phiên bản, kiến trúc, bộ nhớ, thời điểm khởi động",
    "the kernel: its version, the processor, the memory, the time of boot",
);
const CONFIGURATION: Words = words("cấu hình của chính tác tử", "the agent's own configuration");
