//! What is read of the system's own files, where they hold much more than that.

use super::posture;

/// The fields of a Debian package that are read.
const PACKAGE: [&str; 12] = [
    "Package",
    "Status",
    "Architecture",
    "Multi-Arch",
    "Version",
    "Source",
    "Conffiles",
    "Config-Version",
    "Triggers-Pending",
    "Triggers-Awaited",
    "Phased-Update-Percentage",
    "Essential",
];

/// The lines of a file that a probe reads; all of them where nothing else is known.
pub(super) fn reduced(path: &str, text: String) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        ["proc", "mounts"] => lines(&text, |line| line.split(' ').nth(1) == Some("/proc")),
        ["proc", "cpuinfo"] => first(&text, "flags"),
        ["proc", "stat"] => lines(&text, |line| line.starts_with("btime ")),
        ["proc", "meminfo"] => lines(&text, |line| line.starts_with("MemTotal:")),
        ["proc", _, "status"] => {
            lines(&text, |line| ["Name:", "State:", "Uid:"].iter().any(|it| line.starts_with(it)))
        }
        ["var", "lib", "dpkg", "status"] => lines(&text, is_of_package),
        _ => posture::of_file(path, &text).unwrap_or(text),
    }
}

fn is_of_package(line: &str) -> bool {
    let name = line.split_once(':').map_or("", |(name, _)| name);
    line.is_empty() || PACKAGE.iter().any(|field| field.eq_ignore_ascii_case(name))
}

fn lines(text: &str, wanted: impl Fn(&str) -> bool) -> String {
    text.split_inclusive('\n').filter(|line| wanted(line.trim_end())).collect()
}

fn first(text: &str, beginning: &str) -> String {
    let line = text.split_inclusive('\n').find(|line| line.starts_with(beginning));
    line.unwrap_or_default().to_owned()
}
