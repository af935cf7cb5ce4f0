//! A sealed disk, for people.

use report::{Lang, Platform};

use crate::host::OWN_PLATFORM;
use crate::seal::Sealed;
use crate::words::{Words, words};

const REMOVED: Words = words("Đã xoá:", "Removed:");
const NOTHING: Words = words(
    "Không có gì để xoá: máy này chưa ghi danh.",
    "There was nothing to remove: this machine has not joined.",
);
const NEXT_ON_LINUX: Words = words(
    "\
Việc còn lại trước khi nhân bản ổ đĩa này (lệnh seal không tự làm):
  1. Không khởi động lại lachan-agent trên máy này: systemctl disable --now lachan-agent
  2. Để mỗi bản sao tự tạo số riêng: truncate --size 0 /etc/machine-id
Mỗi bản sao ghi danh một lần, bằng mã riêng hoặc mã dùng nhiều lần:
  lachan-agent enrol --token-file TỆP && systemctl enable --now lachan-agent
",
    "\
What is left to do before this disk is copied (seal does not do it):
  1. Keep lachan-agent from starting on this machine: systemctl disable --now lachan-agent
  2. Let each copy make a number of its own: truncate --size 0 /etc/machine-id
Each copy joins once, with a token of its own or one for several machines:
  lachan-agent enrol --token-file FILE && systemctl enable --now lachan-agent
",
);
const NEXT_ON_WINDOWS: Words = words(
    "\
Việc còn lại trước khi nhân bản ổ đĩa này (lệnh seal không tự làm):
  1. Không khởi động lại lachan-agent trên máy này: sc config lachan-agent start= disabled
  2. Để mỗi bản sao tự tạo số riêng: sysprep /generalize
Mỗi bản sao ghi danh một lần, bằng mã riêng hoặc mã dùng nhiều lần:
  lachan-agent enrol --token-file TỆP
  sc config lachan-agent start= delayed-auto
  net start lachan-agent
",
    "\
What is left to do before this disk is copied (seal does not do it):
  1. Keep lachan-agent from starting on this machine: sc config lachan-agent start= disabled
  2. Let each copy make a number of its own: sysprep /generalize
Each copy joins once, with a token of its own or one for several machines:
  lachan-agent enrol --token-file FILE
  sc config lachan-agent start= delayed-auto
  net start lachan-agent
",
);

const STILL_KNOWN: Words = words(
    "Danh tính cũ vẫn còn hiệu lực cho đến khi cán bộ phụ trách thu hồi:",
    "The former identity stays in force until an officer ends it:",
);

/// What was removed, and what is left to do.
#[must_use]
pub fn sealed(sealed: &Sealed, lang: Lang) -> String {
    let done = match sealed.removed.as_slice() {
        [] => NOTHING.get(lang).to_owned(),
        removed => format!("{} {}", REMOVED.get(lang), removed.join(", ")),
    };
    let former = sealed.machine.map_or_else(String::new, |machine| {
        format!("{}\n  lachan-collector machine revoke {machine}\n", STILL_KNOWN.get(lang))
    });
    format!("{done}\n{}{former}", next(OWN_PLATFORM).get(lang))
}

fn next(platform: Platform) -> Words {
    match platform {
        Platform::Linux => NEXT_ON_LINUX,
        Platform::Windows => NEXT_ON_WINDOWS,
    }
}

#[cfg(test)]
mod tests {
    use report::MachineId;

    use super::*;

    #[test]
    fn it_says_what_it_did_and_what_it_did_not() {
        for lang in [Lang::Vi, Lang::En] {
            let machine = Some(MachineId::from_bytes([7; 16]));
            let text = sealed(&Sealed { machine, removed: vec!["identity", "spool"] }, lang);
            assert!(text.contains("identity, spool\n") && text.contains("/etc/machine-id"));
            assert!(text.ends_with("machine revoke 07070707070707070707070707070707\n"), "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
            let windows = next(Platform::Windows).get(lang);
            assert!(windows.contains("sysprep") && !windows.contains("systemctl"), "{windows}");
            assert!(windows.lines().all(|line| line.chars().count() <= 100), "{windows}");
            let text = sealed(&Sealed::default(), lang);
            assert!(text.contains("/etc/machine-id") && !text.contains("revoke"), "{text}");
        }
    }
}
