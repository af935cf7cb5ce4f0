//! `audit`: who did what, how the logs end, and whether anybody has changed them.

use std::path::Path;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use report::{Lang, Timestamp};

use super::{ConfigArg, FINDING, FINE, ReadArgs, print};
use crate::admin::audit::{AuditPage, AuditQuery, Brought, verify};
use crate::admin::client::{AdminError, Client, escaped};
use crate::audit::head::{Head, PREFIX};
use crate::audit::key::{AuditKey, PublicKey};
use crate::audit::verification::Verification;
use crate::audit::{Action, kept};
use crate::config::Config;
use crate::policy::problem::did_you_mean;
use crate::reload::Source;
use crate::store::Archive;
use crate::when;

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// The entries of the audit log
    List(ListArgs),
    /// How both logs end now, in one signed line: keep it elsewhere
    Head(ReadArgs),
    /// Look whether the audit log, the log of verdicts and the snapshots are what was written
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only from this day or moment on: 14/6/2026, 2026-06-14, 2026-06-14T17:00
    #[arg(long, value_name = "MOMENT")]
    since: Option<String>,
    /// Only what this actor did: uid:0, machine:ID, address:IP, collector
    #[arg(long)]
    actor: Option<String>,
    /// Only this action, by its name in the log
    #[arg(long, value_parser = action)]
    action: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// A head that was kept elsewhere, or a file with heads such as a journal's; may be given
    /// several times
    #[arg(long, value_name = "HEAD|FILE")]
    against: Vec<String>,
    #[command(flatten)]
    read: ReadArgs,
}

fn action(name: &str) -> Result<String, String> {
    let names = || Action::ALL.iter().map(|action| action.name());
    if names().any(|known| known == name) {
        return Ok(name.to_owned());
    }
    let all = || format!("known are {}", names().collect::<Vec<_>>().join(", "));
    Err(did_you_mean(name, names()).unwrap_or_else(all))
}

pub(super) async fn run(command: AuditCommand, lang: Lang) -> anyhow::Result<u8> {
    match command {
        AuditCommand::List(args) => list(args, lang).await,
        AuditCommand::Head(args) => {
            let head = Office::open(&args.config).await?.head().await?;
            print::audit_head(&head, args.json)?;
            Ok(FINE)
        }
        AuditCommand::Verify(args) => {
            let brought = brought(&args.against)?;
            let found = Office::open(&args.read.config).await?.verify(brought).await?;
            print::audit_verification(&found, args.read.json, lang)?;
            Ok(if found.is_good() { FINE } else { FINDING })
        }
    }
}

async fn list(args: ListArgs, lang: Lang) -> anyhow::Result<u8> {
    let ListArgs { since, actor, action, read } = args;
    let wanted = AuditQuery { since, actor, action };
    let page = Office::open(&read.config).await?.entries(&wanted).await?;
    print::audit_entries(&page, read.json, lang)?;
    Ok(FINE)
}

/// The heads that were named, or lie in the files that were. What is no whole head in a file is told
/// and passed over: a line that was cut off hides none of the others.
fn brought(against: &[String]) -> anyhow::Result<Vec<Head>> {
    let mut heads = Vec::new();
    for named in against {
        if named.starts_with(PREFIX) {
            heads.push(named.parse()?);
            continue;
        }
        let text = kept::read(Path::new(named)).with_context(|| format!("read {named}"))?;
        let text = text.with_context(|| format!("{named} is neither a head nor a file"))?;
        let before = heads.len();
        for (line, head) in kept::heads(&text) {
            match head {
                Ok(head) => heads.push(head),
                Err(error) => tracing::warn!("{named}:{line}: {error}: it is held against nothing"),
            }
        }
        anyhow::ensure!(
            heads.len() > before,
            "{named} holds no whole head that begins with {PREFIX}"
        );
    }
    Ok(heads)
}

/// Where the logs are looked at: by the collector if it runs, else in its store.
enum Office {
    Running(Client),
    AtRest(Box<Config>),
}

impl Office {
    async fn open(settings: &ConfigArg) -> anyhow::Result<Self> {
        let config = Config::load(&settings.config)?;
        match Client::connect(&config.admin_socket()).await {
            Ok(client) => Ok(Self::Running(client)),
            Err(AdminError::NotRunning(_)) => {
                tracing::warn!("no collector runs here: this is what its store holds");
                Ok(Self::AtRest(Box::new(config)))
            }
            Err(
                error @ (AdminError::Denied(_)
                | AdminError::Refused(_)
                | AdminError::TooLarge
                | AdminError::Broken(_)),
            ) => Err(error.into()),
        }
    }

    async fn entries(self, wanted: &AuditQuery) -> anyhow::Result<AuditPage> {
        match self {
            Self::Running(client) => Ok(client.get(&format!("/v1/audit{}", query(wanted))).await?),
            Self::AtRest(config) => {
                let since = wanted.since.as_ref().map(|words| beginning(words, &config));
                AuditPage::read(&Archive::new(config.store()), wanted, since.transpose()?)
            }
        }
    }

    async fn head(self) -> anyhow::Result<Head> {
        match self {
            Self::Running(client) => Ok(client.get("/v1/audit/head").await?),
            Self::AtRest(config) => {
                let key = AuditKey::load(&config.pki())
                    .context("no head without the key that signs it")?;
                let ends = Archive::new(config.store()).log_ends()?;
                Ok(Head::sign(&key, ends, crate::clock::now()))
            }
        }
    }

    async fn verify(self, heads: Vec<Head>) -> anyhow::Result<Verification> {
        match self {
            Self::Running(client) => {
                Ok(client.post("/v1/audit/verification", &Brought { heads }).await?)
            }
            Self::AtRest(config) => {
                let key = PublicKey::load(&config.pki())?;
                verify(&Archive::new(config.store()), &config.audit_heads(), &key, heads)
            }
        }
    }
}

/// The moment that is meant, by the calendar in the policies folder.
fn beginning(words: &str, config: &Config) -> anyhow::Result<Timestamp> {
    let source = Source::of(config);
    let set = source.read().and_then(|folder| source.load(&folder));
    let set = set.map_err(|fault| source.unusable(&fault))?;
    when::beginning(words, &set.targets.calendar).map_err(anyhow::Error::msg)
}

fn query(wanted: &AuditQuery) -> String {
    let AuditQuery { since, actor, action } = wanted;
    let said =
        [("since", since.as_deref()), ("actor", actor.as_deref()), ("action", action.as_deref())];
    let said =
        said.iter().filter_map(|(name, value)| Some(format!("{name}={}", escaped((*value)?))));
    let said = said.collect::<Vec<_>>().join("&");
    if said.is_empty() { said } else { format!("?{said}") }
}
