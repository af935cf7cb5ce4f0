//! `register`: the officer's register by itself, beside the machines, and beside a spreadsheet.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use report::{Export, Lang};

use super::desk::Desk;
use super::{ConfigArg, ERROR, FINDING, FINE, ReadArgs, print};
use crate::config::Config;
use crate::policy::{Folder, PolicySet};
use crate::register::check;
use crate::register::import::{self, Import, Proposal, Wishes};
use crate::register::{MachineKind, machines, written_date};
use crate::{files, reload};

#[derive(Debug, Subcommand)]
pub(super) enum RegisterCommand {
    /// The register by itself: what is in it, its mistakes, and what deserves a look
    Check {
        /// The policies folder; the collector's by default
        folder: Option<PathBuf>,
        #[command(flatten)]
        read: ReadArgs,
    },
    /// The register beside the machines: who is outside it, which rows nobody speaks for, and
    /// where a machine says something else than its row
    Match(ReadArgs),
    /// Bring a spreadsheet (.xlsx, .xls, .ods, .csv) into machines.csv: what is new, what changes,
    /// what is not clear; nothing is written while anything is refused or not clear. What machines
    /// without a network reported: `lachan-collector import`
    Import(Box<ImportArgs>),
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The spreadsheet
    file: PathBuf,
    /// Which of its sheets
    #[arg(long)]
    sheet: Option<String>,
    /// The policies folder; the collector's by default
    #[arg(long)]
    into: Option<PathBuf>,
    /// The unit of rows that name none, by its id
    #[arg(long)]
    unit: Option<String>,
    /// The kind of rows that name none
    #[arg(long)]
    kind: Option<Kind>,
    /// Since when new rows are answered for that do not say so themselves; today by default
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: Option<Date>,
    /// End the rows of the sheet's units that it leaves out, with this last day
    #[arg(long, value_name = "DATE", value_parser = day)]
    until_missing: Option<Date>,
    /// Write what is clear and leave out the rows that may be several machines
    #[arg(long)]
    skip_ambiguous: bool,
    /// Write it; without this it is only shown what would change
    #[arg(long)]
    write: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArg,
}

fn day(text: &str) -> Result<Date, String> {
    written_date(text).ok_or_else(|| "expected a day such as 2026-11-22 or 22/11/2026".to_owned())
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Workstation,
    Server,
}

impl From<Kind> for MachineKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Workstation => Self::Workstation,
            Kind::Server => Self::Server,
        }
    }
}

pub(super) async fn run(command: RegisterCommand, lang: Lang) -> anyhow::Result<u8> {
    match command {
        RegisterCommand::Check { folder, read } => check_folder(folder.as_deref(), &read, lang),
        RegisterCommand::Match(args) => {
            let matching = Desk::open(&args.config.config).await?.register_match().await?;
            print::matching(&matching, args.json, lang)?;
            Ok(if matching.is_clean() { FINE } else { FINDING })
        }
        RegisterCommand::Import(args) => import(*args, lang),
    }
}

/// Whatever deserves a look is a finding.
fn check_folder(named: Option<&Path>, args: &ReadArgs, lang: Lang) -> anyhow::Result<u8> {
    let policies = folder(named, &args.config)?;
    let Some((_, set)) = read(&policies) else { return Ok(ERROR) };
    let today = set.targets.calendar.date_of(crate::clock::now());
    let examination = check::examine(&set.register, today);
    print::examination(&examination, args.json, lang)?;
    Ok(if examination.findings.is_empty() { FINE } else { FINDING })
}

/// The largest spreadsheet that is read.
const MOST_BYTES: u64 = 64 << 20;

/// What is refused or not clear is a finding, whether or not the rest was written.
fn import(args: ImportArgs, lang: Lang) -> anyhow::Result<u8> {
    let policies = folder(args.into.as_deref(), &args.config)?;
    let Some((folder, set)) = read(&policies) else { return Ok(ERROR) };
    let bytes = files::read_bytes_bounded(&args.file, MOST_BYTES)
        .with_context(|| format!("read {}", args.file.display()))?;
    if Export::decode(&bytes).is_ok() {
        bail!(
            "{} is what a machine reported, and no list of machines: use lachan-collector import",
            args.file.display()
        );
    }
    let today = set.targets.calendar.date_of(crate::clock::now());
    let wishes = Wishes {
        sheet: args.sheet,
        unit: args.unit,
        kind: args.kind.map(MachineKind::from),
        from: args.from.unwrap_or(today),
        until_missing: args.until_missing,
        skip_ambiguous: args.skip_ambiguous,
        today,
    };
    let name = args.file.file_name().unwrap_or_default().to_string_lossy();
    let proposed = import::import((&folder, &set), (&name, bytes), &wishes)
        .with_context(|| format!("import {}", args.file.display()))?;
    let Proposal { import, text } = proposed;
    let written = match text.filter(|_| args.write) {
        Some(text) => {
            write(&policies, &folder, &text)?;
            true
        }
        None => false,
    };
    let import = Import { written, ..import };
    print::import(&import, &policies, args.write, args.json, lang)?;
    Ok(if import.is_clear() { FINE } else { FINDING })
}

/// The folder that was named, or the collector's.
fn folder(named: Option<&Path>, settings: &ConfigArg) -> anyhow::Result<PathBuf> {
    match named {
        Some(named) => Ok(named.to_owned()),
        None => Ok(Config::load(&settings.config)?.policies),
    }
}

/// A folder with a mistake says all of them, as `policy check` does.
fn read(policies: &Path) -> Option<(Folder, PolicySet)> {
    reload::read(policies, true).inspect_err(print::policies_faulty).ok()
}

/// Puts the file in place of the one that was read, with its rights; not of one that somebody has
/// written since.
fn write(policies: &Path, read: &Folder, text: &str) -> anyhow::Result<()> {
    let path = policies.join(machines::FILE);
    let path = path.canonicalize().with_context(|| format!("find {}", path.display()))?;
    let now = Folder::read(policies).map_err(io::Error::other)?;
    if now.get(machines::FILE) != read.get(machines::FILE) {
        bail!("{} has changed meanwhile: nothing was written, run this again", path.display());
    }
    files::replace_atomically(&path, text.as_bytes())
        .with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests;
