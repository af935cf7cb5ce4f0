//! `token`: who may join.

use clap::{Args, Subcommand};
use report::Lang;

use super::desk::Desk;
use super::{ConfigArg, FINE, ReadArgs, print};
use crate::admin::client::escaped;
use crate::admin::tokens::{CreatedToken, NewToken};
use crate::config::duration;

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make one; its secret is shown only now
    Create(CreateArgs),
    /// Every token and what became of it
    List(ReadArgs),
    /// Take one back
    Revoke {
        /// The token's id, as `token list` shows it
        id: String,
        #[command(flatten)]
        config: ConfigArg,
    },
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// The register row of the one machine it is for
    #[arg(long)]
    machine: Option<String>,
    /// The unit in which an unregistered machine counts
    #[arg(long)]
    unit: Option<String>,
    /// How many machines may join
    #[arg(long, default_value_t = 1)]
    uses: u32,
    /// How long it is good: 30m, 12h, 7d
    #[arg(long, default_value = "7d", value_parser = parse_duration)]
    expires: u32,
    /// Only machines whose serial number or asset tag is in the register may join; always so for
    /// tokens of several uses unless --unregistered is given
    #[arg(long, conflicts_with = "unregistered")]
    registered_only: bool,
    /// Machines that are not in the register may join
    #[arg(long)]
    unregistered: bool,
    /// Print the token and nothing else
    #[arg(long, short, conflicts_with = "json")]
    quiet: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn parse_duration(text: &str) -> Result<u32, String> {
    duration(text).ok_or_else(|| "expected a number and s, m, h or d, as in 7d".to_owned())
}

pub(super) async fn token(command: TokenCommand, lang: Lang) -> anyhow::Result<u8> {
    match command {
        TokenCommand::Create(args) => create_token(args, lang).await,
        TokenCommand::List(args) => {
            let tokens = Desk::open(&args.config.config).await?.tokens().await?;
            print::tokens(&tokens, args.json, lang)?;
            Ok(FINE)
        }
        TokenCommand::Revoke { id, config } => {
            let desk = Desk::open(&config.config).await?;
            let () = desk.post(&format!("/v1/tokens/{}/revoke", escaped(&id)), &()).await?;
            print::revoked(&id, lang);
            Ok(FINE)
        }
    }
}

async fn create_token(args: CreateArgs, lang: Lang) -> anyhow::Result<u8> {
    let wish = NewToken {
        registered_only: args.registered_only || (args.uses > 1 && !args.unregistered),
        row: args.machine,
        unit: args.unit,
        uses: args.uses,
        life: args.expires,
    };
    let desk = Desk::open(&args.config.config).await?;
    let created: CreatedToken = desk.post("/v1/tokens", &wish).await?;
    print::created(&created, args.quiet, args.json, lang)?;
    Ok(FINE)
}
