//! A service that was put there or taken away, for people.

use report::Lang;

use crate::install::{Installed, Setting, Uninstalled};
use crate::words::{Words, words};

const NEW: Words = words("Đã tạo dịch vụ lachan-agent:", "The service lachan-agent is there:");
const UPDATED: Words =
    words("Đã cập nhật dịch vụ lachan-agent:", "The service lachan-agent is up to date:");
const WITHOUT: Words = words(
    "Hệ thống này không hỗ trợ, dịch vụ vẫn hoạt động khi thiếu:",
    "This system does not know these settings; the service works without them:",
);
const NEXT: Words = words(
    "\
Việc còn lại:
  lachan-agent enrol --token-file TỆP   (máy chưa ghi danh)
  net start lachan-agent                (hoặc khởi động lại máy)
",
    "\
What is left to do:
  lachan-agent enrol --token-file FILE   (a machine that has not joined)
  net start lachan-agent                 (or start the machine again)
",
);
const GONE: Words = words("Đã gỡ dịch vụ lachan-agent.", "The service lachan-agent is gone.");
const NOT_THERE: Words =
    words("Không có dịch vụ lachan-agent.", "There was no service lachan-agent.");
const KEPT: Words = words(
    "Cấu hình, danh tính và báo cáo vẫn còn; xoá bằng uninstall --purge.",
    "Settings, identity and reports are kept; uninstall --purge removes them.",
);
const PURGED: Words =
    words("Đã xoá cấu hình, danh tính và báo cáo.", "Settings, identity and reports are removed.");

/// What was put there, and what is left to do.
#[must_use]
pub fn installed(installed: &Installed, lang: Lang) -> String {
    let done = if installed.was_there { UPDATED } else { NEW };
    let mut text = format!("{} {}\n", done.get(lang), installed.program.display());
    if !installed.without.is_empty() {
        text += &format!("{}\n", WITHOUT.get(lang));
    }
    for omission in &installed.without {
        text += &format!("  {}: {}\n", name(omission.setting).get(lang), omission.error);
    }
    text + NEXT.get(lang)
}

/// What was taken away, and what is kept.
#[must_use]
pub fn uninstalled(uninstalled: &Uninstalled, lang: Lang) -> String {
    let service = if uninstalled.was_there { GONE } else { NOT_THERE };
    let rest = if uninstalled.purged { PURGED } else { KEPT };
    format!("{}\n{}\n", service.get(lang), rest.get(lang))
}

fn name(setting: Setting) -> Words {
    match setting {
        Setting::Description => words("mô tả", "description"),
        Setting::DelayedStart => words("khởi động trễ", "delayed start"),
        Setting::Restart => words("khởi động lại khi hỏng", "restart after a failure"),
        Setting::RestartAfterError => {
            words("khởi động lại khi kết thúc với lỗi", "restart after an error of its own")
        }
        Setting::OwnSid => words("SID riêng của dịch vụ", "a SID of its own"),
        Setting::Preshutdown => words("chờ trước khi tắt máy", "time before a shutdown"),
        Setting::EventSource => words("nguồn trong nhật ký sự kiện", "source in the event log"),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::install::Omission;

    fn service(was_there: bool, without: Vec<Omission>) -> Installed {
        Installed { program: "C:/Lachan/lachan-agent.exe".into(), was_there, without }
    }

    #[test]
    fn what_a_system_does_not_know_is_named_with_its_reason() {
        let error = || io::Error::other("invalid level");
        let delayed = Omission { setting: Setting::DelayedStart, error: error() };
        let own = Omission { setting: Setting::OwnSid, error: error() };
        let text = installed(&service(false, vec![delayed, own]), Lang::Vi);
        assert!(text.contains("  khởi động trễ: invalid level\n"), "{text}");
        assert!(text.contains("  SID riêng của dịch vụ: invalid level\n"), "{text}");
        let text = installed(&service(true, Vec::new()), Lang::Vi);
        assert!(!text.contains("không hỗ trợ") && text.starts_with("Đã cập nhật"), "{text}");
    }

    #[test]
    fn both_languages_say_what_to_do_next_and_what_is_kept() {
        for lang in [Lang::Vi, Lang::En] {
            let text = installed(&service(false, Vec::new()), lang);
            assert!(text.contains("C:/Lachan/lachan-agent.exe\n"), "{text}");
            assert!(text.contains("net start lachan-agent") && text.contains("enrol"), "{text}");
            let kept = uninstalled(&Uninstalled { was_there: true, purged: false }, lang);
            assert!(kept.contains("uninstall --purge"), "{kept}");
            let purged = uninstalled(&Uninstalled { was_there: false, purged: true }, lang);
            assert!(!purged.contains("--purge"), "{purged}");
        }
    }
}
