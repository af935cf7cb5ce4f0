//! `policy`: a set before it takes effect, and why a machine is judged as it is.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use report::Lang;

use super::desk::Desk;
use super::{ConfigArg, ERROR, FINDING, FINE, ReadArgs, WhenArgs, print};
use crate::admin::policies::{Acceptance, PlanView};
use crate::admin::views::MachineExplanation;
use crate::policy::Plan;
use crate::policy::explanation::RuleExplanation;
use crate::policy::plan::Names;
use crate::when::When;
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
    /// Why a machine is judged as it is, down to what was seen, where and when; or what a rule asks,
    /// whom it fails on, and of whom it can say nothing
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
#[group(id = "about", required = true, multiple = true, args = ["subject", "machine", "rule"])]
pub(super) struct ExplainArgs {
    /// A machine's register id or identity, or a rule's id
    #[arg(conflicts_with = "machine")]
    subject: Option<String>,
    /// The machine, where a rule has the same name
    #[arg(long)]
    machine: Option<String>,
    /// Only this rule of the machine; alone: the rule itself, and what it says of everyone
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
    let ExplainArgs { subject, machine, rule, when, read } = args;
    let desk = Desk::open(&read.config.config).await?;
    let when = desk.when(&when).await?;
    let told = match (subject.or(machine.clone()), rule) {
        (Some(machine), Some(rule)) => told_of_machine(desk, &machine, Some(&rule), when).await?,
        (Some(name), None) if machine.is_some() => told_of_machine(desk, &name, None, when).await?,
        (Some(name), None) => told_of_either(desk, &name, when).await?,
        (None, rule) => told_of_rule(desk, &rule.unwrap_or_default(), when).await?,
    };
    print::as_of(when, read.json, lang);
    match told {
        Told::Rule(rule) => print::rule(&rule, read.json, lang)?,
        Told::Machine(machine) => print::explanation(&machine, read.json, lang)?,
    }
    Ok(FINE)
}

/// What an officer has asked about. Boxed, for each is large.
enum Told {
    Rule(Box<RuleExplanation>),
    Machine(Box<MachineExplanation>),
}

async fn told_of_rule(desk: Desk, name: &str, when: When) -> anyhow::Result<Told> {
    let (told, _) = desk.named(name, when).await?;
    let help = told.help.map(|help| format!(": {help}")).unwrap_or_default();
    let rule = told.explanation;
    let rule = rule.with_context(|| format!("the policies have no rule {name:?}{help}"))?;
    Ok(Told::Rule(Box::new(rule)))
}

/// What is named may be a rule or a machine.
async fn told_of_either(desk: Desk, name: &str, when: When) -> anyhow::Result<Told> {
    let (told, machine) = desk.named(name, when).await?;
    match (told.explanation, machine) {
        (Some(_), _) if told.is_machine => {
            anyhow::bail!("{name:?} is a rule and a machine: say --rule {name} or --machine {name}")
        }
        (Some(rule), _) => Ok(Told::Rule(Box::new(rule))),
        (None, Some(machine)) => Ok(Told::Machine(Box::new(machine))),
        (None, None) => {
            let help = told.help.map(|help| format!("; {help}")).unwrap_or_default();
            anyhow::bail!(
                "no machine has the register id or identity {name:?}, and no rule that id{help}"
            )
        }
    }
}

async fn told_of_machine(
    desk: Desk,
    machine: &str,
    rule: Option<&str>,
    when: When,
) -> anyhow::Result<Told> {
    let told = desk.explanation(machine, when).await?;
    let told = match rule {
        Some(rule) => told.narrowed(rule).map_err(anyhow::Error::msg)?,
        None => told,
    };
    Ok(Told::Machine(Box::new(told)))
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
