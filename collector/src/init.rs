//! `init`: a folder in which a collector can run.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::audit::key::AuditKey;
use crate::config;
use crate::enrol::ca::{Authorities, CaError};
use crate::files::write_atomically;
use crate::policy::schema;
use crate::policy::starter::starter_files;

/// What `init` is told.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// The folder.
    pub dir: PathBuf,
    /// Where agents report.
    pub listen: Option<SocketAddr>,
    /// Where Prometheus scrapes.
    pub metrics: Option<SocketAddr>,
    /// Names and addresses by which agents reach the collector.
    pub public: Vec<String>,
    /// Whether a register marked as a sample may be judged by.
    pub allow_sample: bool,
    /// Where to put the root's key instead of beside the others.
    pub root_key: Option<PathBuf>,
}

/// Why a folder was not made ready.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// It already is.
    #[error("{0} is already there: nothing was changed")]
    AlreadyThere(PathBuf),
    /// A file cannot be written.
    #[error("write {path}: {cause}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The authorities cannot be made.
    #[error(transparent)]
    Authorities(#[from] CaError),
}

/// Makes a folder ready: policies and an empty register, keys, settings. The settings go last, so
/// that a run that was cut short can simply be repeated.
///
/// # Errors
/// When it is ready already, or something cannot be written.
pub fn init(wishes: &Wishes) -> Result<PathBuf, InitError> {
    let settings = wishes.dir.join("collector.toml");
    if settings.exists() {
        return Err(InitError::AlreadyThere(settings));
    }
    let policies = wishes.dir.join("policies");
    for (path, text) in starter_files() {
        let path = policies.join(path);
        if !path.exists() {
            write(&path, text)?;
        }
    }
    write_schemas(&policies)?;
    let data = wishes.dir.join("data");
    make_private(&data)?;
    Authorities::create_under(&data.join("pki"), wishes.root_key.as_deref(), crate::clock::now())?;
    AuditKey::create(&data.join("pki"))?;
    write(&settings, &settings_text(wishes))?;
    Ok(settings)
}

/// Writes the schemas by which editors check a policies folder, in the place of older ones.
///
/// # Errors
/// When one cannot be written.
pub fn write_schemas(policies: &Path) -> Result<(), InitError> {
    schema::files().iter().try_for_each(|(path, text)| write(&policies.join(path), text))
}

/// The default file with what was wished in the place of its defaults.
fn settings_text(wishes: &Wishes) -> String {
    let names: Vec<_> = wishes.public.iter().map(|name| format!("{name:?}")).collect();
    let said = [
        ("listen", wishes.listen.map(|address| format!("\"{address}\""))),
        ("metrics", wishes.metrics.map(|address| format!("\"{address}\""))),
        ("allow_sample", wishes.allow_sample.then(|| "true".to_owned())),
        ("public", (!names.is_empty()).then(|| format!("[{}]", names.join(", ")))),
    ];
    config::DEFAULT
        .lines()
        .map(|line| {
            let key = line.trim_start_matches("# ").split(" = ").next().unwrap_or_default();
            match said.iter().find(|(name, value)| *name == key && value.is_some()) {
                Some((name, Some(value))) => format!("{name} = {value}\n"),
                _ => format!("{line}\n"),
            }
        })
        .collect()
}

fn write(path: &Path, text: &str) -> Result<(), InitError> {
    let at = |cause| InitError::Write { path: path.to_owned(), cause };
    // Whatever the umask allows: a folder that a group may write is not judged by.
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o755).create(folder).map_err(at)?;
    write_atomically(path, text.as_bytes(), 0o644).map_err(at)
}

fn make_private(folder: &Path) -> Result<(), InitError> {
    use std::os::unix::fs::PermissionsExt as _;
    let at = |cause| InitError::Write { path: folder.to_owned(), cause };
    fs::create_dir_all(folder).map_err(at)?;
    // Others of the group may reach the admin socket in it; nobody else may enter.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o750)).map_err(at)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test reads what it wrote")]
mod tests {
    use super::*;
    use crate::config::Config;

    fn wishes(dir: &Path) -> Wishes {
        Wishes {
            dir: dir.to_owned(),
            listen: Some(SocketAddr::from(([127, 0, 0, 1], 8443))),
            metrics: None,
            public: vec!["collector.example".to_owned(), "10.0.0.1".to_owned()],
            allow_sample: false,
            root_key: None,
        }
    }

    #[test]
    fn the_settings_say_what_was_wished_and_keep_every_comment() {
        let dir = tempfile::tempdir().unwrap();
        let settings = init(&wishes(dir.path())).unwrap();
        let config = Config::load(&settings).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8443");
        assert_eq!(config.public, ["collector.example:8443", "10.0.0.1:8443"]);
        let text = fs::read_to_string(&settings).unwrap();
        assert_eq!(text.lines().count(), config::DEFAULT.lines().count());
        crate::reload::read(&config.policies, false).unwrap();
    }

    #[test]
    fn a_second_run_changes_nothing_and_a_cut_off_one_is_finished() {
        let dir = tempfile::tempdir().unwrap();
        let settings = init(&wishes(dir.path())).unwrap();
        let ca = fs::read(dir.path().join("data/pki/collector-ca.pem")).unwrap();
        assert!(matches!(init(&wishes(dir.path())), Err(InitError::AlreadyThere(_))));
        fs::remove_file(&settings).unwrap();
        fs::write(dir.path().join("policies/targets.toml"), "# mine\n").unwrap();
        init(&wishes(dir.path())).unwrap();
        assert_eq!(fs::read(dir.path().join("data/pki/collector-ca.pem")).unwrap(), ca);
        assert_eq!(fs::read(dir.path().join("policies/targets.toml")).unwrap(), b"# mine\n");
    }
}
