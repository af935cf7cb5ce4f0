//! `machine`: the machines of the register and of the network.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use report::Lang;

use super::desk::Desk;
use super::names::names;
use super::{FINDING, FINE, ReadArgs, WhenArgs, print};
use crate::admin::decisions::{NameDecided, NewDecision, Whom};
use crate::reports::wish::MachineWish;
use crate::store::Decision;

#[derive(Debug, Subcommand)]
pub(super) enum MachineCommand {
    /// The machines of the register and of the network, with their state and what each needs
    List(ListArgs),
    /// One machine: what was seen, what is required, what to do
    Show {
        /// Its register id or its identity
        machine: String,
        #[command(flatten)]
        read: ReadArgs,
        #[command(flatten)]
        when: WhenArgs,
    },
    /// Give machines that wait the rows they claim; whoever held a row is revoked
    Approve(WaitingArgs),
    /// Turn machines that wait away for good; whoever holds the row keeps it
    Reject(WaitingArgs),
    /// End identities for good
    Revoke(NamesArgs),
}

/// Whose identities: those of some names, or of a list of them.
#[derive(Debug, Args)]
pub(super) struct NamesArgs {
    /// Register ids or identities
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    machines: Vec<String>,
    /// A file of register ids or identities, one a line; - for standard input
    #[arg(long)]
    file: Option<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
}

/// Whose identities of those that wait.
#[derive(Debug, Args)]
pub(super) struct WaitingArgs {
    /// Register ids or identities, as `machine list --state pending` shows them
    #[arg(required_unless_present_any = ["file", "unit"])]
    machines: Vec<String>,
    /// A file of register ids or identities, one a line; - for standard input
    #[arg(long, conflicts_with = "machines")]
    file: Option<PathBuf>,
    /// All that wait in this unit and the units below it
    #[arg(long, conflicts_with_all = ["machines", "file"])]
    unit: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    wish: MachineWish,
    /// Print CSV with every column, as a spreadsheet opens it
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    when: WhenArgs,
}

pub(super) async fn machine(command: MachineCommand, lang: Lang) -> anyhow::Result<u8> {
    match command {
        MachineCommand::List(args) => list(args, lang).await?,
        MachineCommand::Show { machine, read, when } => {
            let desk = Desk::open(&read.config.config).await?;
            let when = desk.when(&when).await?;
            let detail = desk.machine(&machine, when).await?;
            print::as_of(when, read.json, lang);
            print::machine(&detail, read.json, lang)?;
        }
        MachineCommand::Approve(args) => {
            return decide_waiting(Decision::Approve, args, lang).await;
        }
        MachineCommand::Reject(args) => return decide_waiting(Decision::Reject, args, lang).await,
        MachineCommand::Revoke(NamesArgs { machines, file, read }) => {
            let whom = Whom::Named(named(machines, file)?);
            return decide(Decision::Revoke, whom, &read, lang).await;
        }
    }
    Ok(FINE)
}

async fn decide_waiting(decision: Decision, args: WaitingArgs, lang: Lang) -> anyhow::Result<u8> {
    let WaitingArgs { machines, file, unit, read } = args;
    let whom = match unit {
        Some(unit) => Whom::Unit(unit),
        None => Whom::Named(named(machines, file)?),
    };
    decide(decision, whom, &read, lang).await
}

fn named(machines: Vec<String>, file: Option<PathBuf>) -> anyhow::Result<Vec<String>> {
    file.map_or(Ok(machines), |file| names(&file))
}

async fn decide(decision: Decision, whom: Whom, read: &ReadArgs, lang: Lang) -> anyhow::Result<u8> {
    let desk = Desk::open(&read.config.config).await?;
    let decided: Vec<NameDecided> =
        desk.post("/v1/decisions", &NewDecision { decision, whom }).await?;
    print::decided(decision, &decided, read.json, lang)?;
    Ok(if decided.iter().all(NameDecided::is_done) { FINE } else { FINDING })
}

async fn list(args: ListArgs, lang: Lang) -> anyhow::Result<()> {
    let desk = Desk::open(&args.read.config.config).await?;
    let when = desk.when(&args.when).await?;
    let list = desk.machines(&args.wish, when).await?;
    match (args.read.json, args.csv) {
        (true, _) => print::json(&list.machines),
        (false, true) => print::csv(&list.paper(lang)),
        (false, false) => {
            print::machines(&list, lang);
            Ok(())
        }
    }
}
