//! The folder itself: files for the one alone who recorded them.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::files::{Copies, Copy, is_recorded_answer};
use super::redaction::Redaction;
use super::{RecordError, Recorded, has_something, providers, registry};
use crate::durable;
use crate::host::recorder::{Seen, Touched};
use crate::host::{Files, Host, System};
use crate::probes::antivirus::kept::Kept;
use report::Platform;

/// A recording that is being written.
pub(super) struct Writing<'a> {
    folder: &'a Path,
    rules: Vec<String>,
    recorded: Recorded,
}

impl<'a> Writing<'a> {
    /// Begins in a folder that is new or empty.
    pub(super) fn into(folder: &'a Path) -> Result<Self, RecordError> {
        if has_something(folder) {
            return Err(RecordError::NotEmpty(folder.to_owned()));
        }
        let made = durable::create_folder(folder);
        made.map_err(|error| RecordError::Write { path: folder.to_owned(), error })?;
        Ok(Self { folder, rules: Vec::new(), recorded: Recorded::default() })
    }

    /// Writes everything that was seen.
    pub(super) fn write(
        mut self,
        host: &Host,
        seen: &Seen,
        copies: &Copies,
        redaction: &Redaction,
    ) -> Result<Recorded, RecordError> {
        for (path, copy) in copies {
            let name = redaction.name(path);
            match copy {
                Copy::Text(text) => self.file(&name, &redaction.file(path, text))?,
                Copy::LeftOut => self.leave_out(&name),
            }
        }
        self.system(&host.system())?;
        for (path, touched) in seen.files.iter().filter(|(path, _)| !is_recorded_answer(path)) {
            self.standing(host.files(), redaction, path, touched)?;
        }
        for path in seen.files.keys() {
            self.keep_moment(&redaction.name(path), host.files(), path);
        }
        let programs = providers::programs(seen, &Kept::of(host), redaction);
        if !programs.is_empty() {
            self.file("programs/recorded.txt", &programs)?;
        }
        for (path, answer) in providers::answers(seen, redaction) {
            self.file(&path, &format!("{answer:#}\n"))?;
        }
        if host.platform() == Platform::Windows {
            let (text, denied, left_out) = registry::export(&seen.registry, redaction);
            self.file("registry.reg", &text)?;
            let denied = denied.iter().map(|key| key.replace('\\', "/"));
            self.rules.extend(denied.map(|key| format!("denied registry.reg/{key}")));
            self.recorded.left_out.extend(left_out);
        }
        // Last, so that nothing is written through one.
        #[cfg(unix)]
        for (path, _) in seen.files.iter().filter(|(_, touched)| touched.is_link) {
            self.link(host.files(), redaction, path)?;
        }
        self.finish()
    }

    /// What the kernel says without a file being read.
    fn system(&mut self, system: &System) -> Result<(), RecordError> {
        let lines = [
            ("proc/sys/kernel/osrelease", system.kernel_release.clone()),
            ("proc/sys/kernel/arch", system.architecture.clone()),
            (
                "proc/meminfo",
                system.memory_mib.clone().map(|it| format!("MemTotal: {} kB", it << 10)),
            ),
            ("proc/stat", system.booted_at.clone().map(|it| format!("btime {}", it.0))),
        ];
        for (path, line) in lines {
            if let (Ok(line), false) = (line, self.folder.join(path).exists()) {
                self.file(path, &format!("{line}\n"))?;
            }
        }
        Ok(())
    }

    /// That something stands there, whose it is and what a folder lists.
    fn standing(
        &mut self,
        files: &Files,
        redaction: &Redaction,
        path: &str,
        touched: &Touched,
    ) -> Result<(), RecordError> {
        let name = redaction.name(path);
        if touched.is_denied {
            self.rules.push(format!("denied {name}"));
        }
        if !touched.is_there {
            return Ok(());
        }
        match files.metadata(path) {
            Ok(it) if !it.only_root_writes() => {
                self.rules.push(format!("owned {} {:04o} {name}", it.owner, it.mode));
            }
            Ok(_) | Err(_) => {}
        }
        self.placeholder(files, path, &name)?;
        let listed = if touched.listed { files.list(path).unwrap_or_default() } else { Vec::new() };
        for entry in listed {
            let path = format!("{path}/{entry}");
            self.placeholder(files, &path, &redaction.name(&path))?;
        }
        Ok(())
    }

    /// Something of the same kind, where nothing is yet.
    fn placeholder(&mut self, files: &Files, path: &str, name: &str) -> Result<(), RecordError> {
        let place = self.folder.join(name);
        if place.exists() {
            return Ok(());
        }
        match files.list(path).is_ok() {
            true => made(&place, durable::create_folder(&place)),
            false => self.file(name, ""),
        }
    }

    /// Where something leads, in the place of what is empty. Below another link there is nothing to
    /// write into.
    #[cfg(unix)]
    fn link(
        &mut self,
        files: &Files,
        redaction: &Redaction,
        path: &str,
    ) -> Result<(), RecordError> {
        let Ok(target) = files.read_link(path) else { return Ok(()) };
        let place = self.folder.join(redaction.name(path));
        let parent = place.parent().unwrap_or(self.folder);
        let is_through = parent.ancestors().any(Path::is_symlink);
        if is_through || place.is_dir() || std::fs::metadata(&place).is_ok_and(|it| it.len() > 0) {
            return Ok(());
        }
        made(parent, durable::create_folder(parent))?;
        match std::fs::remove_file(&place) {
            Ok(()) => {}
            Err(_) => self.recorded.files += 1,
        }
        made(&place, std::os::unix::fs::symlink(redaction.text(&target), &place))
    }

    fn file(&mut self, name: &str, text: &str) -> Result<(), RecordError> {
        let place = self.folder.join(name);
        let parent = place.parent().unwrap_or(self.folder);
        made(parent, durable::create_folder(parent))?;
        self.recorded.files += 1;
        made(&place, durable::create(&place, text.as_bytes()))
    }

    /// Where its age says something, as of a package list, it keeps it.
    fn keep_moment(&self, name: &str, files: &Files, path: &str) {
        let seconds = files.metadata(path).ok().and_then(|it| u64::try_from(it.modified.0).ok());
        let moment = seconds.map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        let file = File::open(self.folder.join(name));
        if let (Some(moment), Ok(file)) = (moment, file) {
            // A disk that keeps no such moment keeps the text all the same.
            let _: io::Result<()> = File::set_modified(&file, moment);
        }
    }

    /// What is not here must not look as if it were not on the machine either.
    fn leave_out(&mut self, name: &str) {
        self.rules.push(format!("denied {name}"));
        self.recorded.left_out.push(name.to_owned());
    }

    fn finish(mut self) -> Result<Recorded, RecordError> {
        let rules: String = self.rules.iter().map(|rule| format!("{rule}\n")).collect();
        if !rules.is_empty() {
            self.file(".recording", &rules)?;
        }
        Ok(self.recorded)
    }
}

fn made(path: &Path, result: io::Result<()>) -> Result<(), RecordError> {
    result.map_err(|error| RecordError::Write { path: path.to_owned(), error })
}
