//! `ca`: the authorities that issue certificates, and replacing them.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use report::{Lang, MachineId, Timestamp};
use serde::Serialize;

use super::{ConfigArg, FINE, ReadArgs, print};
use crate::config::Config;
use crate::enrol::ca::rotation::{self, Stage};
use crate::enrol::ca::{Authorities, CaCertificate, CaError, Role, hex};
use crate::enrol::token::TokenRecord;
use crate::files::give_to_owner_of;
use crate::fleet::Fleet;
use crate::identities::{ByIssuer, Identities};
use crate::serve;
use crate::store::{Archive, Holdings};

#[derive(Debug, Subcommand)]
pub(super) enum CaCommand {
    /// The authorities in force, and how far machines have come from one to the next
    Show(ReadArgs),
    /// Put new authorities beside the old ones, while the collector is stopped
    Rotate(RotateArgs),
    /// Let the old authorities go, when all machines have come over, while the collector is stopped
    Finish(FinishArgs),
}

#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    /// The key of the root, where it is not kept beside the other keys
    #[arg(long, value_name = "FILE")]
    root_key: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArg,
}

#[derive(Debug, Args)]
pub(super) struct FinishArgs {
    /// Also where machines have not come over: each of them has to enrol anew
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    config: ConfigArg,
}

/// An authority as it is told.
#[derive(Debug, Serialize)]
pub(super) struct AuthorityView {
    pub(super) role: Role,
    pub(super) sha256: String,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
}

/// The authorities of one collector.
#[derive(Debug, Serialize)]
pub(super) struct AuthoritiesView {
    pub(super) authorities: Vec<AuthorityView>,
    /// Since when they are being replaced, if they are.
    pub(super) rotating_since: Option<Timestamp>,
    /// The root's key, where it lies beside the others.
    pub(super) root_key: Option<PathBuf>,
    /// Machines by whose certificate they speak.
    pub(super) machines: ByIssuer,
}

/// What `finish` leaves behind.
#[derive(Debug)]
pub(super) struct Left {
    /// The machines that are shut out.
    pub(super) machines: Vec<String>,
    /// How many of them were heard since the rotation began.
    pub(super) heard: usize,
    /// The join tokens that lead nowhere any more.
    pub(super) tokens: Vec<String>,
}

pub(super) fn run(command: CaCommand, lang: Lang) -> anyhow::Result<u8> {
    match command {
        CaCommand::Show(args) => {
            let view = view(&Config::load(&args.config.config)?)?;
            print::authorities(&view, args.json, lang)?;
        }
        CaCommand::Rotate(args) => {
            let config = Config::load(&args.config.config)?;
            let _alone = alone(&config)?;
            rotation::rotate(&config.pki(), args.root_key.as_deref(), crate::clock::now())?;
            print::rotated(&view(&config)?, lang)?;
        }
        CaCommand::Finish(args) => {
            let config = Config::load(&args.config.config)?;
            let _alone = alone(&config)?;
            let left = finish(&config, args.force, lang)?;
            print::rotation_finished(&view(&config)?, &left, lang)?;
        }
    }
    Ok(FINE)
}

/// Nobody serves from the keys while they are moved.
fn alone(config: &Config) -> anyhow::Result<File> {
    let lock = serve::alone(&config.data)
        .context("the authorities are replaced while the collector is stopped")?;
    let path = config.data.join("lock");
    give_to_owner_of(&config.data, &path).with_context(|| format!("write {}", path.display()))?;
    Ok(lock)
}

fn finish(config: &Config, force: bool, lang: Lang) -> anyhow::Result<Left> {
    let pki = config.pki();
    let left = match Stage::of(&pki) {
        Stage::Overlap => left_behind(config)?,
        // Whoever began to finish has decided.
        Stage::Ending => Left { machines: Vec::new(), heard: 0, tokens: Vec::new() },
        Stage::Settled => return Err(CaError::NotUnderWay.into()),
        Stage::Beginning => return Err(CaError::CutShort("rotate").into()),
    };
    if !left.machines.is_empty() && !force {
        anyhow::bail!(print::not_finished(&left, lang));
    }
    rotation::finish(&pki)?;
    Ok(left)
}

fn view(config: &Config) -> anyhow::Result<AuthoritiesView> {
    let authorities = Authorities::load(&config.pki()).context("read the authorities")?;
    let told = |(role, authority): (Role, &CaCertificate)| AuthorityView {
        role,
        sha256: hex(&authority.sha256()),
        not_before: authority.not_before(),
        not_after: authority.not_after(),
    };
    let root_key = config.pki().join("root.key");
    Ok(AuthoritiesView {
        authorities: authorities.each().into_iter().map(told).collect(),
        rotating_since: authorities.next.as_ref().map(CaCertificate::made_at),
        root_key: root_key.exists().then_some(root_key),
        machines: identities(&authorities, &mut holdings(&config.store())?).by_issuer(),
    })
}

fn left_behind(config: &Config) -> anyhow::Result<Left> {
    let authorities = Authorities::load(&config.pki()).context("read the authorities")?;
    let mut holdings = holdings(&config.store())?;
    let behind = identities(&authorities, &mut holdings).left_behind();
    let began = authorities.next.as_ref().map_or(Timestamp(0), CaCertificate::made_at);
    let now = crate::clock::now();
    let tokens = holdings.tokens.iter().map(|token| &token.record);
    Ok(Left {
        heard: heard_since(began, &behind, &holdings.fleet),
        machines: behind.iter().map(|machine| name(*machine, &holdings.fleet)).collect(),
        tokens: tokens.filter(|token| is_good(token, now)).map(|token| token.id.clone()).collect(),
    })
}

/// What the store holds; nothing where no collector has ever served.
fn holdings(store: &Path) -> anyhow::Result<Holdings> {
    if !store.exists() {
        return Ok(Holdings::default());
    }
    Archive::new(store.to_owned()).now().with_context(|| format!("read {}", store.display()))
}

fn identities(authorities: &Authorities, holdings: &mut Holdings) -> Identities {
    let issuers = authorities.machine_cas().map(CaCertificate::sha256).collect();
    let fleet = &holdings.fleet;
    let standings = fleet.slots().map(|slot| (fleet.at(slot).id, fleet.at(slot).standing));
    Identities::new(issuers, std::mem::take(&mut holdings.certificates), standings)
}

fn heard_since(began: Timestamp, machines: &BTreeSet<MachineId>, fleet: &Fleet) -> usize {
    let slots = machines.iter().filter_map(|machine| fleet.find(*machine));
    slots.filter(|slot| fleet.at(*slot).last_contact.at >= began).count()
}

fn name(machine: MachineId, fleet: &Fleet) -> String {
    let row = fleet.find(machine).and_then(|slot| fleet.at(slot).row().map(str::to_owned));
    row.unwrap_or_else(|| machine.to_string())
}

fn is_good(token: &TokenRecord, now: Timestamp) -> bool {
    token.revoked_at.is_none() && token.used < token.uses && now < token.expires_at
}
