//! `token`: who may join.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use report::Lang;

use super::desk::Desk;
use super::names::names;
use super::{ConfigArg, FINE, ReadArgs, print};
use crate::admin::client::escaped;
use crate::admin::tokens::{CreatedToken, NewToken, NewTokens};
use crate::config::duration;
use crate::network::Cidr;

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make one; its secret is shown only now
    Create(CreateArgs),
    /// Every token and what became of it
    List(ReadArgs),
    /// Take some back
    Revoke {
        /// The tokens' ids, as `token list` shows them
        #[arg(required = true)]
        ids: Vec<String>,
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
    /// A file of register rows, one a line; - for standard input: one token for each, as CSV
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["machine", "unit", "uses", "registered_only", "unregistered", "quiet"]
    )]
    machines: Option<PathBuf>,
    /// With --machines: write the tokens into this new file, which only its owner may read
    #[arg(long, value_name = "FILE", requires = "machines")]
    out: Option<PathBuf>,
    /// A network from which machines may join, as in 10.1.0.0/16; may be given several times
    #[arg(long, value_name = "CIDR")]
    from: Vec<Cidr>,
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
        TokenCommand::Revoke { ids, config } => {
            for id in ids {
                let desk = Desk::open(&config.config).await?;
                let () = desk.post(&format!("/v1/tokens/{}/revoke", escaped(&id)), &()).await?;
                print::revoked(&id, lang);
            }
            Ok(FINE)
        }
    }
}

async fn create_token(args: CreateArgs, lang: Lang) -> anyhow::Result<u8> {
    if let Some(file) = &args.machines {
        return create_tokens(file, &args, lang).await;
    }
    let wish = NewToken {
        registered_only: args.registered_only || (args.uses > 1 && !args.unregistered),
        row: args.machine,
        unit: args.unit,
        from: args.from,
        uses: args.uses,
        life: args.expires,
    };
    let desk = Desk::open(&args.config.config).await?;
    let created: CreatedToken = desk.post("/v1/tokens", &wish).await?;
    print::created(&created, args.quiet, args.json, lang)?;
    Ok(FINE)
}

/// The file is there before the tokens are: their secrets are told once.
async fn create_tokens(file: &Path, args: &CreateArgs, lang: Lang) -> anyhow::Result<u8> {
    let wish = NewTokens { rows: names(file)?, from: args.from.clone(), life: args.expires };
    let desk = Desk::open(&args.config.config).await?;
    let Some(path) = &args.out else {
        let created: Vec<CreatedToken> = desk.post("/v1/tokens/batch", &wish).await?;
        print::bytes(&print::created_for_rows(&created, args.json)?);
        return Ok(FINE);
    };
    let shown = path.display();
    let mut out = new_file(path).with_context(|| format!("make {shown}"))?;
    let created = desk.post::<Vec<CreatedToken>>("/v1/tokens/batch", &wish).await;
    let created = created.inspect_err(|_| {
        // It is as empty as it was made: that it stays would only stand in the way of the next try.
        let _ = std::fs::remove_file(path);
    })?;
    let written = out.write_all(&print::created_for_rows(&created, args.json)?);
    written.and_then(|()| out.sync_all()).with_context(|| {
        format!("write {shown}: the tokens are made and nobody has them; see `token list`")
    })?;
    print::created_into(path, created.len(), lang);
    Ok(FINE)
}

/// Never one that is there: it may hold other tokens.
fn new_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
