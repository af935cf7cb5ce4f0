//! `snapshot`: what was said of everyone as of a cut-off, kept for good.

use clap::Subcommand;
use report::Lang;

use super::desk::Desk;
use super::{ConfigArg, FINDING, FINE, ReadArgs, WhenArgs, print};
use crate::admin::snapshots::NewSnapshot;
use crate::snapshot::Entry;

#[derive(Debug, Subcommand)]
pub(super) enum SnapshotCommand {
    /// Keep what is said of everyone as of the last cut-off, or of another past moment
    Create {
        /// The moment: 14/6/2026 or 2026-06-14 for the end of that day, 2026-06-14T17:00 for a time
        /// in the office
        #[arg(long, value_name = "MOMENT")]
        at: Option<String>,
        #[command(flatten)]
        config: ConfigArg,
    },
    /// Every snapshot, and which are gone that were made
    List(ReadArgs),
    /// One snapshot: its figures; with --json every machine
    Show {
        /// Its number, as `snapshot list` shows it
        id: i64,
        #[command(flatten)]
        read: ReadArgs,
    },
    /// Judge what a snapshot was made from again: do the same figures come out, and was it changed?
    Verify {
        /// Its number, as `snapshot list` shows it
        id: i64,
        #[command(flatten)]
        read: ReadArgs,
    },
}

pub(super) async fn run(command: SnapshotCommand, lang: Lang) -> anyhow::Result<u8> {
    match command {
        SnapshotCommand::Create { at, config } => {
            let desk = Desk::open(&config.config).await?;
            let when = desk.when(&WhenArgs { at, as_known_now: false }).await?;
            let made: Entry = desk.post("/v1/snapshots", &NewSnapshot { at: when.at }).await?;
            print::snapshot_made(&made, lang);
            Ok(FINE)
        }
        SnapshotCommand::List(read) => {
            let (snapshots, lost) = Desk::open(&read.config.config).await?.snapshots().await?;
            print::snapshots(&snapshots, read.json, lang)?;
            print::lost_snapshots(&lost, lang);
            Ok(if lost.is_empty() { FINE } else { FINDING })
        }
        SnapshotCommand::Show { id, read } => {
            let snapshot = Desk::open(&read.config.config).await?.snapshot(id).await?;
            print::snapshot(&snapshot, read.json, lang)?;
            Ok(FINE)
        }
        SnapshotCommand::Verify { id, read } => {
            let verification = Desk::open(&read.config.config).await?.verification(id).await?;
            print::verification(&verification, read.json, lang)?;
            Ok(if verification.findings.is_empty() { FINE } else { FINDING })
        }
    }
}
