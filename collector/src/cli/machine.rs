//! `machine`: the machines of the register and of the network.

use clap::{Args, Subcommand};
use report::Lang;

use super::desk::Desk;
use super::{ConfigArg, FINE, ReadArgs, WhenArgs, print};
use crate::admin::client::escaped;
use crate::reports::wish::MachineWish;

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
    /// End its identity for good
    Revoke {
        /// Its register id or its identity
        machine: String,
        #[command(flatten)]
        config: ConfigArg,
    },
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
        MachineCommand::Revoke { machine, config } => {
            let desk = Desk::open(&config.config).await?;
            let path = format!("/v1/machines/{}/revoke", escaped(&machine));
            let () = desk.post(&path, &()).await?;
            print::revoked(&machine, lang);
        }
    }
    Ok(FINE)
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
