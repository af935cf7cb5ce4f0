//! `import`: what machines without a network wrote into files.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use report::export::{Export, MAX_EXPORT_BYTES};
use report::wire::decode_report;
use report::{Lang, MachineId, Sequence, State};
use serde::Serialize;

use super::{ConfigArg, FINDING, FINE, print};
use crate::admin::client::Client;
use crate::admin::import::{FileToImport, ImportOutcome, Imported};
use crate::config::Config;
use crate::files;

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The files, in any order
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArg,
}

/// A file that was brought, and what came of it.
#[derive(Debug, Serialize)]
pub(super) struct BroughtFile {
    /// Its path as the officer wrote it.
    pub(super) file: String,
    #[serde(flatten)]
    pub(super) imported: Imported,
}

impl BroughtFile {
    fn is_of_a_protected_machine(&self) -> bool {
        match &self.imported.outcome {
            ImportOutcome::Taken { verdict, .. } => verdict.state == State::Protected,
            ImportOutcome::Refused { .. } => false,
        }
    }
}

/// What was refused is a finding, and so is a machine that is not protected.
pub(super) async fn import(args: ImportArgs, lang: Lang) -> anyhow::Result<u8> {
    let files = read(&args.files)?;
    let config = Config::load(&args.config.config)?;
    let client = Client::connect(&config.admin_socket()).await?;
    print::in_zone(&client.get::<String>("/v1/zone").await?);
    let mut brought = Vec::new();
    let mut broken = None;
    for (file, bytes) in files {
        match client.post("/v1/import", &FileToImport::of(&bytes)).await {
            Ok(imported) => brought.push(BroughtFile { file, imported }),
            Err(error) => {
                broken = Some(anyhow::Error::new(error).context(format!("bring {file}")));
                break;
            }
        }
    }
    print::brought(&brought, args.json, lang)?;
    let all_protected = brought.iter().all(BroughtFile::is_of_a_protected_machine);
    broken.map_or(Ok(if all_protected { FINE } else { FINDING }), Err)
}

/// Every file before the first of them is brought, those of one machine in the order in which it
/// wrote them: the older one would be refused behind the newer.
fn read(paths: &[PathBuf]) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut files = paths.iter().map(|path| read_one(path)).collect::<Result<Vec<_>, _>>()?;
    files.sort_by_key(|(_, bytes)| order(bytes));
    Ok(files)
}

fn read_one(path: &Path) -> anyhow::Result<(String, Vec<u8>)> {
    // One byte too many is enough for the collector to see that it is too large.
    let most = u64::try_from(MAX_EXPORT_BYTES).unwrap_or(u64::MAX);
    let bytes = files::read_beginning(path, most.saturating_add(1))
        .with_context(|| format!("read {}: nothing was imported", path.display()))?;
    Ok((path.display().to_string(), bytes))
}

/// What it claims; the collector believes none of it before the signature.
fn order(bytes: &[u8]) -> Option<(MachineId, Sequence)> {
    let report = Export::decode(bytes).ok()?.report;
    let report = decode_report(report.as_bytes()).ok()?.report;
    Some((report.machine, report.sequence))
}
