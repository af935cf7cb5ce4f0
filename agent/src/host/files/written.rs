//! Paths as Windows and its programs write them, as paths of the files door.
//!
//! The door knows the system drive alone, written as `Program Files/Vendor/x.exe`. A path on another
//! drive or another machine has none, nor has one whose meaning is not certain.

const SYSTEM_DRIVE: char = 'C';

/// The variables that mean the same on every machine: what they stand for is where they lead unless
/// somebody moved Windows' own folders, which it does not support.
const VARIABLES: [(&str, &str); 13] = [
    ("systemdrive", ""),
    ("homedrive", ""),
    ("systemroot", "Windows"),
    ("windir", "Windows"),
    ("programfiles", "Program Files"),
    ("programw6432", "Program Files"),
    ("programfiles(x86)", "Program Files (x86)"),
    ("commonprogramfiles", "Program Files/Common Files"),
    ("commonprogramw6432", "Program Files/Common Files"),
    ("commonprogramfiles(x86)", "Program Files (x86)/Common Files"),
    ("programdata", "ProgramData"),
    ("allusersprofile", "ProgramData"),
    ("public", "Users/Public"),
];

/// The ends of what a command line begins with, where it has no quotation marks.
const PROGRAMS: [&str; 5] = [".exe", ".sys", ".dll", ".com", ".scr"];

/// The path of the files door for a path as it is written in the registry, by WMI or by a service.
#[must_use]
pub fn path(written: &str) -> Option<String> {
    let written = written.trim().trim_matches('"').replace('/', r"\");
    let plain =
        written.strip_prefix(r"\??\").or_else(|| written.strip_prefix(r"\\?\")).unwrap_or(&written);
    let (base, rest) = begin(plain)?;
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in rest.split('\\').filter(|part| !part.is_empty()) {
        if !is_name(part) {
            return None;
        }
        parts.push(part);
    }
    Some(parts.join("/"))
}

/// The path of the program that a command line runs: `"C:\a b\x.exe" -k`.
#[must_use]
pub fn program(command: &str) -> Option<String> {
    let command = command.trim();
    match command.strip_prefix('"') {
        Some(quoted) => path(quoted.split('"').next()?),
        None => path(unquoted(command)),
    }
}

/// The program of a command line without quotation marks, in which a folder may have blanks.
fn unquoted(command: &str) -> &str {
    let lower = command.to_ascii_lowercase();
    let ends = PROGRAMS.iter().flat_map(|end| {
        let ends = lower.match_indices(end).map(|(at, end)| at + end.len());
        ends.filter(|end| lower[*end..].chars().next().is_none_or(char::is_whitespace))
    });
    ends.min().map_or(command, |end| &command[..end])
}

/// Where a path begins on the system drive, and the rest of it.
fn begin(written: &str) -> Option<(&'static str, &str)> {
    if let Some(rest) = written.strip_prefix('%') {
        let (variable, rest) = rest.split_once('%')?;
        let known = VARIABLES.iter().find(|(name, _)| name.eq_ignore_ascii_case(variable))?;
        return (rest.is_empty() || rest.starts_with('\\')).then_some((known.1, rest));
    }
    if written.starts_with(r"\\") {
        return None;
    }
    if let Some(rest) = without(written, r"\SystemRoot\") {
        return Some(("Windows", rest));
    }
    if written.starts_with('\\') {
        return Some(("", written));
    }
    // Where a driver says so, it means below the folder of Windows.
    if without(written, r"System32\").is_some() {
        return Some(("Windows", written));
    }
    let (drive, rest) = written.split_at_checked(2)?;
    let on_system_drive = drive
        .strip_suffix(':')
        .is_some_and(|it| it.eq_ignore_ascii_case(&SYSTEM_DRIVE.to_string()));
    // `C:x` is below a folder that nobody knows.
    (on_system_drive && rest.starts_with('\\')).then_some(("", rest))
}

fn without<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (begin, rest) = text.split_at_checked(start.len())?;
    begin.eq_ignore_ascii_case(start).then_some(rest)
}

/// Whether a part of a path names something below the one before, and nothing else.
fn is_name(part: &str) -> bool {
    let strange = |letter: char| letter.is_control() || "<>:\"|?*%".contains(letter);
    part != "." && part != ".." && !part.contains(strange)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_is_found_however_windows_writes_it() {
        for (written, expected) in [
            (r"C:\Program Files\ESET\ekrn.exe", "Program Files/ESET/ekrn.exe"),
            (r"c:\x", "x"),
            (r#""C:\a b\x.exe""#, "a b/x.exe"),
            (
                r"%ProgramFiles%\Windows Defender\MsMpeng.exe",
                "Program Files/Windows Defender/MsMpeng.exe",
            ),
            (r"%PROGRAMFILES(X86)%\AVG\a.exe", "Program Files (x86)/AVG/a.exe"),
            (r"%ProgramData%\Symantec", "ProgramData/Symantec"),
            (r"%CommonProgramFiles%\McAfee", "Program Files/Common Files/McAfee"),
            (r"%SystemRoot%\System32\x.dll", "Windows/System32/x.dll"),
            (r"%windir%", "Windows"),
            (r"\SystemRoot\System32\drivers\a.sys", "Windows/System32/drivers/a.sys"),
            (r"\??\C:\Windows\a.sys", "Windows/a.sys"),
            (r"\\?\C:\Windows\a.sys", "Windows/a.sys"),
            (r"system32\drivers\wd\WdFilter.sys", "Windows/system32/drivers/wd/WdFilter.sys"),
            (r"C:/ProgramData/Bkav", "ProgramData/Bkav"),
        ] {
            assert_eq!(path(written).as_deref(), Some(expected), "{written}");
        }
    }

    #[test]
    fn what_is_not_surely_on_the_system_drive_has_no_path() {
        for written in [
            "",
            "windowsdefender://",
            r"D:\AV\x.exe",
            r"\\server\share\x.exe",
            r"\??\UNC\server\share",
            r"\Device\HarddiskVolume3\x.exe:stream",
            r"%USERPROFILE%\x.exe",
            r"%ProgramFiles%x\y.exe",
            r"C:x.exe",
            r"C:\a\..\b.exe",
            r"C:\a\b.exe:hidden",
            r"C:\%PATH%\x.exe",
            "ekrn.exe",
            "Ổ\\đĩa",
        ] {
            assert_eq!(path(written), None, "{written}");
        }
    }

    #[test]
    fn the_program_of_a_command_line_is_found_with_and_without_quotation_marks() {
        for (command, expected) in [
            (r#""C:\a b\x.exe" -k netsvcs"#, "a b/x.exe"),
            (r"C:\Program Files\Vendor Name\svc.exe -run", "Program Files/Vendor Name/svc.exe"),
            (
                r"%SystemRoot%\system32\svchost.exe -k LocalService -p",
                "Windows/system32/svchost.exe",
            ),
            (r"C:\my.exe.folder\x.EXE", "my.exe.folder/x.EXE"),
            (r"\SystemRoot\system32\drivers\klif.sys", "Windows/system32/drivers/klif.sys"),
        ] {
            assert_eq!(program(command).as_deref(), Some(expected), "{command}");
        }
        assert_eq!(program("\""), None);
    }

    proptest! {
        #[test]
        fn no_path_leads_out_of_the_drive(written in r#"[%"C:\\/. \?a-zồ]{0,40}"#) {
            for found in [path(&written), program(&written)].into_iter().flatten() {
                prop_assert!(found.split('/').all(|part| part != ".." && part != "."));
                prop_assert!(!found.starts_with('/') && !found.contains('\\'));
            }
        }
    }
}
