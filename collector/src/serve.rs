//! `serve`: everything a running collector consists of, from its start to its orderly end.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::audit::key::AuditKey;
use crate::audit::{Action, Entry, kept};
use crate::config::Config;
use crate::drain::{self, Draining};
use crate::enrol::ca::{Authorities, CaCertificate, LEAF_LIFE, Role};
use crate::hub::{Beginnings, Hub};
use crate::metrics::access::Guard;
use crate::metrics::process::Process;
use crate::reload::{Beginning, Reloader, Source, Started};
use crate::snapshot::keeper;
use crate::store::{Archive, AuthorityRecord, NoteAuthorities, Store, StoreError};
use crate::tls::tickets::TicketKeys;
use crate::tls::{Doors, OwnCertificate};
use crate::{admin, foresight, metrics, recorder, server};

/// How often the collector looks whether its own certificate should be replaced.
const CERTIFICATE_CHECK: Duration = Duration::from_secs(3600);
/// How often it counts by whose certificates machines speak.
const ISSUERS_COUNT: Duration = Duration::from_secs(60);
/// How often it looks whose judgement the clock has turned.
const TURN_CHECK: Duration = Duration::from_secs(30);
/// How often it says how the logs end.
const HEAD_INTERVAL: Duration = Duration::from_secs(24 * 3600);
/// How often it looks whether the keys of session tickets should be.
const TICKET_CHECK: Duration = Duration::from_secs(600);

/// Runs a collector until SIGTERM or SIGINT.
///
/// # Errors
/// When it cannot start; each says what to do.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("watch for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("watch for SIGINT")?;
    // Bound first: a port that is busy must not cost a half-started collector.
    let agents = bind(config.listen, "listen").await?;
    let scrapes = bind(config.metrics, "metrics").await?;
    let _alone = alone(&config.data)?;
    let officers = admin::bind(&config.admin_socket())
        .with_context(|| format!("open {}", config.admin_socket().display()))?;

    let process = Process::new().context("set up the metrics")?;
    let (store, writer, mut holdings) =
        Store::open(&config.store(), process.commit_duration.clone())
            .with_context(|| format!("open {}", config.store().display()))?;
    let is_simulation = holdings.is_simulation;
    if is_simulation && !config.allow_sample {
        anyhow::bail!(
            "{} holds a simulation (mô phỏng): it is served only where collector.toml says \
             allow_sample = true; make a folder in earnest with `lachan-collector init`",
            config.store().display()
        );
    }
    let beginning = Beginning {
        source: Source::of(&config),
        last_good: holdings.policies.take(),
        held_before: holdings.policies_held.take(),
        store: store.clone(),
        process: process.clone(),
    };
    let Started { reloader, policies, gate } = Reloader::start(beginning, &holdings.fleet).await?;
    let authorities = Authorities::load(&config.pki()).context("read the authorities' keys")?;
    let key_is_new = !AuditKey::is_in(&config.pki());
    let audit_key = AuditKey::create(&config.pki()).context("read the key that signs the logs")?;
    let own = own_certificate(&authorities, &config, &process)?;
    let tickets = Arc::new(TicketKeys::open(config.ticket_keys(), crate::clock::now()));
    let machine_cas = authorities.machine_cas().map(CaCertificate::der);
    let doors = Doors::new(own.clone(), machine_cas, tickets.clone()).context("set up TLS")?;
    let guard = Guard::new(&config.metrics_access, own.clone()).context("guard the metrics")?;
    let hub = Arc::new(Hub::new(Beginnings {
        authorities,
        public: config.public.clone(),
        contact_interval: config.contact_interval,
        contacts_per_hour: config.contacts_per_hour,
        process,
        policies,
        gate,
        archive: Archive::new(config.store()),
        audit_key,
        heads: config.audit_heads(),
        store,
        holdings,
    }));
    if key_is_new {
        hub.audit(key_made(&hub.audit_key)).await.context("write to the store")?;
    }
    note_authorities(&hub).await.context("write to the store")?;
    hub.audit(started(&config, &hub.audit_key)).await.context("write to the store")?;
    publish_head(&hub).await;

    if is_simulation {
        tracing::warn!("this is a simulation (mô phỏng): its machines do not exist");
    }
    let (drain, draining) = drain::channel();
    let admittance = config.admittance.clone();
    tokio::spawn(server::serve(agents, doors, hub.clone(), admittance, draining.clone()));
    tokio::spawn(report_end(
        "the admin socket",
        admin::serve(officers, hub.clone(), draining.clone()),
    ));
    tokio::spawn(report_end(
        "the metrics listener",
        metrics::listener::serve(scrapes, guard, hub.clone(), draining.clone()),
    ));
    tokio::spawn(reloader.watch(hub.clone(), draining.clone()));
    tokio::spawn(rotate(tickets, draining.clone()));
    tokio::spawn(keep_current(hub.clone(), draining.clone()));
    tokio::spawn(publish_heads(hub.clone(), draining.clone()));
    tokio::spawn(count_issuers(hub.clone(), draining.clone()));
    tokio::spawn(foresight::look_ahead(hub.clone(), draining.clone()));
    tokio::spawn(keeper::watch(hub.clone(), draining.clone()));
    tokio::spawn(replace_certificate(own, hub.clone(), config.clone(), draining));
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    tracing::info!(listen = %config.listen, metrics = %config.metrics, "the collector serves");

    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = hub.store_ended() => anyhow::bail!("the store has ended: see the log above"),
    }
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    tracing::info!("the collector ends: requests that were begun are finished");
    if !drain.drain().await {
        tracing::warn!("some connections did not end in time");
    }
    let _ = tokio::time::timeout(drain::GRACE, note_verdicts(&hub)).await;
    publish_head(&hub).await;
    end(hub, writer, &config).await;
    Ok(())
}

/// One collector at a time works on a folder; the lock goes with the process.
pub(crate) fn alone(data: &Path) -> anyhow::Result<std::fs::File> {
    let path = data.join("lock");
    let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| format!("open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            anyhow::bail!("another collector already runs on {}", data.display())
        }
        Err(std::fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("lock {}", path.display()))
        }
    }
}

async fn bind(address: std::net::SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("listen on {address}: choose another {key} in collector.toml, or end what uses it")
    })
}

fn own_certificate(
    authorities: &Authorities,
    config: &Config,
    process: &Process,
) -> anyhow::Result<Arc<OwnCertificate>> {
    let issued = authorities
        .collectors
        .issue_collector(&config.public_names(), crate::clock::now())
        .context("issue the collector's certificate: look at public in collector.toml")?;
    process.certificate("collector", issued.not_after);
    Ok(Arc::new(OwnCertificate::new(issued).context("use the collector's certificate")?))
}

/// Judges again whatever another set or the clock has turned, and logs what that and the contacts
/// have changed: what a machine is told holds, also where nobody scrapes.
async fn keep_current(hub: Arc<Hub>, mut draining: Draining) {
    let mut policies = hub.policies.clone();
    note_verdicts(&hub).await;
    loop {
        tokio::select! {
            changed = policies.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(TURN_CHECK) => {}
            () = draining.told() => return,
        }
        if let Err(error) = hub.show(|_| ()).await {
            tracing::error!(error, "judging everyone again ended badly");
        }
        note_verdicts(&hub).await;
    }
}

async fn note_verdicts(hub: &Arc<Hub>) {
    if let Err(error) = recorder::record(hub).await {
        tracing::error!(%error, "changes of verdicts are not logged; all are compared again soon");
    }
}

/// Notes which authorities are in force: a new one, or one that is gone, is an entry of the audit
/// log, whoever changed the files.
async fn note_authorities(hub: &Arc<Hub>) -> Result<(), StoreError> {
    let each = hub.authorities.each();
    for (role, authority) in &each {
        match role {
            Role::Root | Role::MachineCa | Role::CollectorCa => {
                hub.process.certificate(role.kind(), authority.not_after());
            }
            Role::FormerMachineCa | Role::NextCollectorCa => {}
        }
    }
    let record = |(role, authority): &(Role, &CaCertificate)| AuthorityRecord {
        sha256: authority.sha256(),
        kind: role.kind(),
        not_after: authority.not_after(),
    };
    hub.process.issuers(hub.identities().by_issuer());
    let in_force = each.iter().map(record).collect();
    let note = NoteAuthorities { in_force, at: crate::clock::now() };
    hub.commit(note, |hub, entries| hub.process.audit_entries.inc_by(*entries)).await?;
    Ok(())
}

/// Counts by whose certificates machines speak: how far they have come over while the authorities
/// are replaced.
async fn count_issuers(hub: Arc<Hub>, mut draining: Draining) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(ISSUERS_COUNT) => {}
            () = draining.told() => return,
        }
        hub.process.issuers(hub.identities().by_issuer());
    }
}

/// Says every day how the logs end.
async fn publish_heads(hub: Arc<Hub>, mut draining: Draining) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(HEAD_INTERVAL) => publish_head(&hub).await,
            () = draining.told() => return,
        }
    }
}

/// Says at once, and for as long as it is so, where the logs are no longer what the heads beside the
/// store say: nobody waits for an officer to ask. Logs that could not be looked at are not intact.
async fn look_back(hub: &Arc<Hub>) {
    let looking = Arc::clone(hub);
    let looked = tokio::task::spawn_blocking(move || looking.contradictions()).await;
    let is_intact = matches!(&looked, Ok(Ok(findings)) if findings.is_empty());
    hub.process.audit_log_intact.set(i64::from(is_intact));
    match looked {
        Ok(Ok(findings)) => {
            if let Some(first) = findings.first() {
                tracing::error!(
                    ?first,
                    findings = findings.len(),
                    "what was logged is not what the kept heads say: run `lachan-collector audit verify`"
                );
            }
        }
        Ok(Err(error)) => tracing::error!(%error, "the kept heads could not be looked at"),
        Err(error) => tracing::error!(%error, "looking at the kept heads ended badly"),
    }
}

/// Says how the logs end: in the journal, which leaves the machine, and in a file beside the store.
async fn publish_head(hub: &Arc<Hub>) {
    look_back(hub).await;
    match hub.head().await {
        Ok(head) => {
            tracing::info!(%head, "how the audit log and the log of verdicts end, signed");
            if let Err(error) = kept::append(&hub.heads, &head) {
                tracing::warn!(file = %hub.heads.display(), %error, "the head is in the journal only");
            }
        }
        Err(error) => tracing::error!(%error, "how the logs end could not be signed"),
    }
}

/// Replaces the keys of session tickets when it is time.
async fn rotate(tickets: Arc<TicketKeys>, mut draining: Draining) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(TICKET_CHECK) => tickets.rotate(crate::clock::now()),
            () = draining.told() => return,
        }
    }
}

/// Replaces the collector's certificate at half of its life.
async fn replace_certificate(
    own: Arc<OwnCertificate>,
    hub: Arc<Hub>,
    config: Config,
    mut draining: Draining,
) {
    let mut issued_at = crate::clock::now();
    loop {
        tokio::select! {
            () = tokio::time::sleep(CERTIFICATE_CHECK) => {}
            () = draining.told() => return,
        }
        let now = crate::clock::now();
        if now.since(issued_at) < LEAF_LIFE / 2 {
            continue;
        }
        match hub.authorities.collectors.issue_collector(&config.public_names(), now) {
            Ok(issued) => {
                hub.process.certificate("collector", issued.not_after);
                match own.replace(issued) {
                    Ok(()) => issued_at = now,
                    Err(error) => tracing::error!(%error, "the collector's certificate stays"),
                }
            }
            Err(error) => tracing::error!(%error, "the collector's certificate stays"),
        }
    }
}

fn key_made(key: &AuditKey) -> Entry {
    Entry {
        at: crate::clock::now(),
        actor: "collector".to_owned(),
        action: Action::AuditKeyMade,
        subject: key.public().fingerprint(),
        detail: String::new(),
    }
}

fn started(config: &Config, key: &AuditKey) -> Entry {
    let key = key.public().fingerprint();
    Entry {
        at: crate::clock::now(),
        actor: "collector".to_owned(),
        action: Action::Started,
        subject: env!("CARGO_PKG_VERSION").to_owned(),
        detail: format!("listen={} metrics={} audit_key={key}", config.listen, config.metrics),
    }
}

async fn report_end(what: &str, service: impl Future<Output = std::io::Result<()>>) {
    if let Err(error) = service.await {
        tracing::error!(%error, "{what} ended");
    }
}

/// The last handle on the store closes it; then everything that was acknowledged is in its file.
async fn end(hub: Arc<Hub>, writer: crate::store::Writer, config: &Config) {
    drop(hub);
    let joined = tokio::task::spawn_blocking(move || writer.join());
    if tokio::time::timeout(drain::GRACE, joined).await.is_err() {
        tracing::warn!("the store is still busy; what was acknowledged is durable all the same");
    }
    let _ = std::fs::remove_file(config.admin_socket());
}
