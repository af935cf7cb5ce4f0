//! The configuration, and the secret that may stand in it.

use report::Bilingual;

use super::{Check, Question};
use crate::config::{Config, ConfigError, ConfigPath};
use crate::durable;
use crate::remedies::HERE;

pub(super) fn configuration(path: &ConfigPath, config: &Result<Config, ConfigError>) -> Check {
    let path = path.file();
    let shown = path.display();
    match config {
        Ok(_) if path.exists() => {
            Check::fine(Question::Configuration, Bilingual::same(shown.to_string()))
        }
        Ok(_) => Check::fine(
            Question::Configuration,
            Bilingual::new(
                format!("không có {shown}: dùng giá trị mặc định"),
                format!("there is no {shown}: the defaults hold"),
            ),
        ),
        Err(ConfigError::Exposed { open, .. }) => Check::failed(
            Question::Configuration,
            open.in_words(),
            Bilingual::same(HERE.keep(&open.path)),
        ),
        Err(error) => Check::failed(
            Question::Configuration,
            // One line for a table; `run` shows it with its lines.
            Bilingual::same(error.to_string().replace('\n', " ")),
            Bilingual::new(
                format!("sửa {shown}; mọi khóa đều được giải thích trong tệp mẫu"),
                format!("correct {shown}; the file that is installed explains every key"),
            ),
        ),
    }
}

/// Nothing, where there is no password to keep.
pub(super) fn secret(path: &ConfigPath, config: &Config) -> Option<Check> {
    let proxy = config.proxy.as_ref().filter(|proxy| proxy.has_secret())?;
    let path = path.file();
    Some(match durable::readers(path).ok()? {
        None => Check::fine(Question::ProxySecret, Bilingual::same(proxy.to_string())),
        Some(exposure) => Check::finding(
            Question::ProxySecret,
            Bilingual::new(
                format!("người dùng khác đọc được mật khẩu proxy ({exposure})"),
                format!("others may read the password of the proxy ({exposure})"),
            ),
            Bilingual::same(HERE.keep_file(path)),
        ),
    })
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::doctor::Health;

    fn written(text: &str, mode: u32) -> (tempfile::TempDir, ConfigPath) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("agent.toml");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        (folder, ConfigPath::Given(file))
    }

    #[test]
    fn a_file_that_is_there_and_one_that_is_not_are_told_apart() {
        let (_folder, path) = written("", 0o644);
        let there = configuration(&path, &Config::load(&path));
        assert_eq!(
            (there.health, there.seen.en),
            (Health::Fine, path.file().display().to_string())
        );
        let missing = ConfigPath::Given("/nonexistent/agent.toml".into());
        assert_eq!(configuration(&missing, &Config::load(&missing)).health, Health::Failed);
    }

    #[test]
    fn a_password_that_others_may_read_is_a_finding_and_not_shown() {
        let text = "proxy = \"http://user:hunter2@proxy:3128\"";
        for (mode, health) in
            [(0o600, Health::Fine), (0o640, Health::Finding), (0o644, Health::Finding)]
        {
            let (_folder, path) = written(text, mode);
            let check = secret(&path, &Config::load(&path).unwrap()).unwrap();
            assert_eq!(check.health, health, "{mode:o}");
            assert!(!format!("{check:?}").contains("hunter2"));
        }
        let (_folder, path) = written("proxy = \"http://proxy:3128\"", 0o644);
        assert_eq!(secret(&path, &Config::load(&path).unwrap()), None);
    }
}
