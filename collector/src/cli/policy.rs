//! `policy`: a set before it takes effect, and why a machine is judged as it is.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use report::Lang;

use super::desk::Desk;
use super::{ConfigArg, ERROR, FINDING, FINE, ReadArgs, WhenArgs, print};
use crate::admin::policies::{Acceptance, PlanView};
use crate::policy::Plan;
use crate::policy::plan::Names;
use crate::{init, reload};

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Read a policies folder and name every mistake in it; needs no collector
    Check {
        /// The folder
        folder: PathBuf,
    },
    /// Write into a policies folder what lets an editor check it while it is written
    Schema {
        /// The folder
        folder: PathBuf,
    },
    /// Why a machine is judged as it is, down to what was seen, where and when
    Explain(ExplainArgs),
    /// What a policies folder would change: who becomes protected and who no longer is, by rule,
    /// unit and level, and whether it would be held; 0: nobody loses, 2: somebody loses or it
    /// would be held
    Plan {
        /// The folder; without one, the set that is held
        folder: Option<PathBuf>,
        /// Name every machine, by unit and level; with --json it is always so
        #[arg(long)]
        names: bool,
        #[command(flatten)]
        read: ReadArgs,
    },
    /// Put the set that is held in force
    Accept(AcceptArgs),
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The machine's register id or its identity
    machine: String,
    /// Only this rule
    #[arg(long)]
    rule: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    when: WhenArgs,
}

#[derive(Debug, Args)]
pub(super) struct AcceptArgs {
    /// The hash that `policy plan` shows, or at least its first eight digits
    hash: String,
    #[command(flatten)]
    config: ConfigArg,
}

pub(super) fn check(folder: &Path, lang: Lang) -> u8 {
    match reload::read(folder, true) {
        Ok((read, set)) => {
            print::policies_good(&read, &set, lang);
            FINE
        }
        Err(fault) => {
            print::policies_faulty(&fault);
            ERROR
        }
    }
}

pub(super) fn schema(folder: &Path, lang: Lang) -> anyhow::Result<u8> {
    init::write_schemas(folder)?;
    print::schemas_written(folder, lang);
    Ok(FINE)
}

pub(super) async fn explain(args: ExplainArgs, lang: Lang) -> anyhow::Result<u8> {
    let desk = Desk::open(&args.read.config.config).await?;
    let when = desk.when(&args.when).await?;
    let told = desk.explanation(&args.machine, when).await?;
    let told = match args.rule {
        Some(rule) => told.narrowed(&rule).map_err(anyhow::Error::msg)?,
        None => told,
    };
    print::as_of(when, args.read.json, lang);
    print::explanation(&told, args.read.json, lang)?;
    Ok(FINE)
}

/// A set by which somebody loses, or that would be held, is a finding.
pub(super) async fn plan(
    folder: Option<PathBuf>,
    names: bool,
    read: ReadArgs,
    lang: Lang,
) -> anyhow::Result<u8> {
    let desk = Desk::open(&read.config.config).await?;
    let names = if names || read.json { Names::All } else { Names::First };
    let planned = match folder {
        None => desk.held_plan(names).await?,
        Some(folder) => match reload::read(&folder, true) {
            Ok((read, _)) => Some(desk.plan(&read, names).await?),
            Err(fault) => {
                print::policies_faulty(&fault);
                return Ok(ERROR);
            }
        },
    };
    print::plan(planned.as_ref(), names, &read, lang)?;
    let finds = |planned: PlanView| !planned.reasons.is_empty() || planned.plan.somebody_loses();
    Ok(if planned.is_some_and(finds) { FINDING } else { FINE })
}

pub(super) async fn accept(args: AcceptArgs, lang: Lang) -> anyhow::Result<u8> {
    let desk = Desk::open(&args.config.config).await?;
    let plan: Plan = desk.post("/v1/policies/accept", &Acceptance { hash: args.hash }).await?;
    print::accepted(&plan, lang);
    Ok(FINE)
}
