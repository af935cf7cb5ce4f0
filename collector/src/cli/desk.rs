//! Where a command gets its answer: from the running collector, or from its store.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use report::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{WhenArgs, print};
use crate::admin::client::{AdminError, Client, asking, escaped};
use crate::admin::forecast::Outlook;
use crate::admin::policies::{PlanView, ProposedFolder, naming};
use crate::admin::register::{self, Matching};
use crate::admin::reports::Of;
use crate::admin::rules::RuleView;
use crate::admin::snapshots::{self, SnapshotView};
use crate::admin::views::unit::{Point, UnitPosture};
use crate::admin::views::{self, MachineDetail, MachineExplanation, PostureView};
use crate::audit::key::PublicKey;
use crate::config::Config;
use crate::enrol::token::TokenRecord;
use crate::live::Live;
use crate::past::Past;
use crate::policy::plan::Names;
use crate::policy::targets::read_calendar;
use crate::policy::{Folder, Forecast, JudgeClock, Plan, PolicySet, Roll};
use crate::reload::Source;
use crate::reports::form08::{Form08, form08};
use crate::reports::machines::{MachineList, list};
use crate::reports::period;
use crate::reports::units::{UnitsReport, units};
use crate::reports::wish::MachineWish;
use crate::snapshot::{Entry, Verification};
use crate::store::{Archive, Holdings, LoggedEntry};
use crate::when::{self, When};

/// The collector behind a command.
pub(super) enum Desk {
    /// It runs, and is asked.
    Running(Client),
    /// It does not: what its store holds is judged here. Boxed, for it is large.
    AtRest(Box<AtRest>),
}

pub(super) struct AtRest {
    not_running: AdminError,
    holdings: Holdings,
    config: Config,
}

impl AtRest {
    /// The set the collector would judge by: the folder's, or the last good one.
    fn policies(&self) -> anyhow::Result<Arc<PolicySet>> {
        let Holdings { policies, policies_held, fleet, .. } = &self.holdings;
        let source = Source::of(&self.config);
        let now = crate::clock::now();
        source
            .at_rest(policies.as_ref(), policies_held.as_deref(), fleet, now)
            .map_err(|fault| source.unusable(&fault))
    }

    fn plan(&self, folder: &Folder, names: Names) -> anyhow::Result<PlanView> {
        let source = Source::of(&self.config);
        let load = |folder: &Folder| source.load(folder).map_err(|fault| source.unusable(&fault));
        let kept = self.holdings.policies.clone();
        let kept = kept.context("no policy set was ever in force here: start the collector")?;
        let (old, new) = (load(&Folder::from_files(kept))?, load(folder)?);
        let (fleet, clock) = (&self.holdings.fleet, JudgeClock::at(crate::clock::now()));
        let before = Roll::call(Arc::new(old), fleet, clock);
        let held = self.holdings.policies_held.as_deref();
        Ok(PlanView::of(Plan::naming(&before, Arc::new(new), fleet, names), held))
    }

    /// What a name stands for as a rule, at a moment.
    fn rule(&self, live: &Live, name: &str, when: When) -> anyhow::Result<RuleView> {
        let told = RuleView::of(live, name);
        match when.at {
            Some(_) => Ok(told),
            None => Ok(told.with_history(&self.archive())?),
        }
    }

    /// Everyone, judged at a moment.
    fn live(&mut self, when: When) -> anyhow::Result<Live> {
        let Some(at) = when.at else {
            return self.present();
        };
        let past = self.past();
        let set = when.as_known_now.then(|| self.policies()).transpose()?;
        Ok(past.judged(at, crate::clock::now(), set)?)
    }

    fn archive(&self) -> Archive {
        Archive::new(self.config.store())
    }

    fn past(&self) -> Past {
        Past { archive: self.archive(), source: Source::of(&self.config) }
    }

    /// The units in numbers as of the moment they are compared with: the one that is named, or the
    /// last cut-off before; `None` where nothing is known of that.
    fn earlier(&self, of: &Of, when: When) -> anyhow::Result<Option<UnitsReport>> {
        let (set, now) = (self.policies()?, crate::clock::now());
        let then = of.comparison(when, now, &set.targets).map_err(anyhow::Error::msg)?;
        let Some((then, moment)) = then.and_then(|then| Some((then, then.at?))) else {
            return Ok(None);
        };
        match self.past().judged(moment, now, then.as_known_now.then_some(set)) {
            Ok(live) => Ok(of.unit(&live).ok().map(|unit| units(&live, unit, None))),
            Err(error) if of.compared_with.is_none() && period::is_unknown(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The posture of a unit at the last cut-offs, as far as it is known.
    fn trend(&self, of: &Of, at: Timestamp) -> anyhow::Result<Vec<Point>> {
        let mut trend = Vec::new();
        for moment in period::recent(&self.policies()?.targets, at) {
            match self.past().judged(moment, crate::clock::now(), None) {
                Ok(live) => trend.extend(of.posture(&live).ok().map(|posture| posture.point())),
                Err(error) if period::is_unknown(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(trend)
    }

    /// The time zone of the folder's office, or of the last good set's.
    fn zone(&self) -> Option<String> {
        let folder = Source::of(&self.config).read().ok();
        let kept = || self.holdings.policies.clone().map(Folder::from_files);
        let folder = folder.or_else(kept)?;
        Some(read_calendar(&folder).zone().to_owned())
    }

    fn present(&mut self) -> anyhow::Result<Live> {
        let set = self.policies()?;
        let fleet = std::mem::take(&mut self.holdings.fleet);
        Ok(Live::new(set, fleet, crate::clock::now()))
    }
}

impl Desk {
    /// Opens the collector with these settings. Moments are told in its office's zone then.
    pub(super) async fn open(settings: &Path) -> anyhow::Result<Self> {
        let desk = Self::reach(settings).await?;
        if let Some(zone) = desk.zone().await? {
            print::in_zone(&zone);
        }
        Ok(desk)
    }

    async fn zone(&self) -> anyhow::Result<Option<String>> {
        match self {
            Self::Running(client) => Ok(Some(client.get("/v1/zone").await?)),
            Self::AtRest(rest) => Ok(rest.zone()),
        }
    }

    async fn reach(settings: &Path) -> anyhow::Result<Self> {
        let config = Config::load(settings)?;
        let not_running = match Client::connect(&config.admin_socket()).await {
            Ok(client) => return Ok(Self::Running(client)),
            Err(error @ AdminError::NotRunning(_)) => error,
            Err(error) => return Err(error.into()),
        };
        tracing::warn!("no collector runs here: this is what its store holds, judged now");
        let holdings = Archive::new(config.store())
            .now()
            .with_context(|| format!("read {}", config.store().display()))?;
        Ok(Self::AtRest(Box::new(AtRest { not_running, holdings, config })))
    }

    pub(super) async fn tokens(self) -> anyhow::Result<Vec<TokenRecord>> {
        Ok(match self {
            Self::Running(client) => client.get("/v1/tokens").await?,
            Self::AtRest(rest) => {
                rest.holdings.tokens.into_iter().map(|token| token.record).collect()
            }
        })
    }

    /// The moment that is meant, by the office's calendar.
    pub(super) async fn when(&self, args: &WhenArgs) -> anyhow::Result<When> {
        let at = match &args.at {
            None => return Ok(When::default()),
            Some(text) => self.moment(text).await?,
        };
        Ok(When { at: Some(at), as_known_now: args.as_known_now })
    }

    /// A moment in an officer's words.
    pub(super) async fn moment(&self, text: &str) -> anyhow::Result<Timestamp> {
        match self {
            Self::Running(client) => {
                Ok(client.get(&format!("/v1/moment?at={}", escaped(text))).await?)
            }
            Self::AtRest(rest) => {
                let calendar = &rest.policies()?.targets.calendar;
                when::moment(text, calendar).map_err(anyhow::Error::msg)
            }
        }
    }

    pub(super) async fn machines(
        self,
        wish: &MachineWish,
        when: When,
    ) -> anyhow::Result<MachineList> {
        match self {
            Self::Running(client) => Ok(client.get(&asking("/v1/machines", wish, when)?).await?),
            Self::AtRest(mut rest) => {
                let since = rest.archive().states_since()?;
                list(&rest.live(when)?, wish, &since).map_err(anyhow::Error::msg)
            }
        }
    }

    pub(super) async fn form08(self, of: &Of, when: When) -> anyhow::Result<Form08> {
        match self {
            Self::Running(client) => {
                Ok(client.get(&asking("/v1/reports/form08", of, when)?).await?)
            }
            Self::AtRest(mut rest) => {
                let live = rest.live(when)?;
                Ok(form08(&live, of.unit(&live).map_err(anyhow::Error::msg)?))
            }
        }
    }

    pub(super) async fn units(self, of: &Of, when: When) -> anyhow::Result<UnitsReport> {
        match self {
            Self::Running(client) => {
                Ok(client.get(&asking("/v1/reports/units", of, when)?).await?)
            }
            Self::AtRest(mut rest) => {
                let earlier = rest.earlier(of, when)?;
                let live = rest.live(when)?;
                let unit = of.unit(&live).map_err(anyhow::Error::msg)?;
                Ok(units(&live, unit, earlier.as_ref()))
            }
        }
    }

    pub(super) async fn machine(self, name: &str, when: When) -> anyhow::Result<MachineDetail> {
        Ok(match self {
            Self::Running(client) => {
                client.get(&format!("/v1/machines/{}{}", escaped(name), when.query())).await?
            }
            Self::AtRest(mut rest) => {
                let detail = views::machine(&rest.live(when)?, name);
                let detail = detail.with_context(|| no_machine(name))?;
                if when.at.is_some() { detail } else { detail.dated(&rest.archive())? }
            }
        })
    }

    /// What a name stands for as a rule, and why the machine of that name is judged as it is where
    /// it stands for that alone.
    pub(super) async fn named(
        self,
        name: &str,
        when: When,
    ) -> anyhow::Result<(RuleView, Option<MachineExplanation>)> {
        match self {
            Self::Running(client) => {
                let (escaped, query) = (escaped(name), when.query());
                let rule: RuleView =
                    client.get(&format!("/v1/rules/{escaped}/explanation{query}")).await?;
                let machine = match rule.explanation.is_none() && rule.is_machine {
                    true => Some(Self::Running(client).explanation(name, when).await?),
                    false => None,
                };
                Ok((rule, machine))
            }
            Self::AtRest(mut rest) => {
                let live = rest.live(when)?;
                let rule = rest.rule(&live, name, when)?;
                let machine = match (views::explanation(&live, name), when.at) {
                    (Some(told), None) => Some(told.dated(&rest.archive())?),
                    (told, _) => told,
                };
                Ok((rule, machine))
            }
        }
    }

    pub(super) async fn explanation(
        self,
        name: &str,
        when: When,
    ) -> anyhow::Result<MachineExplanation> {
        Ok(match self {
            Self::Running(client) => {
                let (name, query) = (escaped(name), when.query());
                client.get(&format!("/v1/machines/{name}/explanation{query}")).await?
            }
            Self::AtRest(mut rest) => {
                let told = views::explanation(&rest.live(when)?, name);
                let told = told.with_context(|| no_machine(name))?;
                if when.at.is_some() { told } else { told.dated(&rest.archive())? }
            }
        })
    }

    pub(super) async fn posture(self, when: When) -> anyhow::Result<PostureView> {
        Ok(match self {
            Self::Running(client) => client.get(&format!("/v1/posture{}", when.query())).await?,
            Self::AtRest(mut rest) => views::posture(&rest.live(when)?),
        })
    }

    pub(super) async fn register_match(self) -> anyhow::Result<Matching> {
        Ok(match self {
            Self::Running(client) => client.get("/v1/register/match").await?,
            Self::AtRest(mut rest) => register::matching(&rest.live(When::default())?),
        })
    }

    /// What only time takes away.
    pub(super) async fn forecast(self, outlook: &Outlook) -> anyhow::Result<Forecast> {
        match self {
            Self::Running(client) => Ok(client.get(&outlook.path()).await?),
            Self::AtRest(mut rest) => outlook.of(&rest.present()?).map_err(anyhow::Error::msg),
        }
    }

    /// Every snapshot, and the makings of those that are gone.
    pub(super) async fn snapshots(self) -> anyhow::Result<(Vec<Entry>, Vec<LoggedEntry>)> {
        Ok(match self {
            Self::Running(client) => {
                (client.get("/v1/snapshots").await?, client.get("/v1/snapshots/lost").await?)
            }
            Self::AtRest(rest) => {
                let archive = rest.archive();
                (archive.snapshots()?, archive.lost_snapshots()?)
            }
        })
    }

    pub(super) async fn snapshot(self, id: i64) -> anyhow::Result<SnapshotView> {
        Ok(match self {
            Self::Running(client) => client.get(&format!("/v1/snapshots/{id}")).await?,
            Self::AtRest(rest) => {
                let key = PublicKey::load(&rest.config.pki())?;
                snapshots::show(&rest.past(), id, &key)?
            }
        })
    }

    pub(super) async fn verification(self, id: i64) -> anyhow::Result<Verification> {
        Ok(match self {
            Self::Running(client) => {
                client.get(&format!("/v1/snapshots/{id}/verification")).await?
            }
            Self::AtRest(rest) => {
                let key = PublicKey::load(&rest.config.pki())?;
                snapshots::verify(&rest.past(), id, &key)?
            }
        })
    }

    /// The posture of a unit with every unit below it.
    pub(super) async fn unit_posture(self, of: &Of, when: When) -> anyhow::Result<UnitPosture> {
        match self {
            Self::Running(client) => Ok(client.get(&asking("/v1/posture/unit", of, when)?).await?),
            Self::AtRest(mut rest) => {
                let posture = of.posture(&rest.live(when)?).map_err(anyhow::Error::msg)?;
                let trend = rest.trend(of, posture.posture.at)?;
                Ok(UnitPosture { trend, ..posture })
            }
        }
    }

    /// What a folder would change. At rest it is held against the set that was last in force.
    pub(super) async fn plan(self, folder: &Folder, names: Names) -> anyhow::Result<PlanView> {
        match self {
            Self::Running(client) => {
                let path = naming("/v1/policies/plan", names);
                Ok(client.post(&path, &ProposedFolder::of(folder)).await?)
            }
            Self::AtRest(rest) => rest.plan(folder, names),
        }
    }

    /// What the set that is held would change; at rest, what the collector's own folder would.
    pub(super) async fn held_plan(self, names: Names) -> anyhow::Result<Option<PlanView>> {
        match self {
            Self::Running(client) => Ok(client.get(&naming("/v1/policies/held", names)).await?),
            Self::AtRest(rest) => {
                let source = Source::of(&rest.config);
                let folder = source.read().map_err(|fault| source.unusable(&fault))?;
                Ok(Some(rest.plan(&folder, names)?))
            }
        }
    }

    /// Asks the running collector to change something; nobody else may.
    pub(super) async fn post<T: DeserializeOwned>(
        self,
        path: &str,
        body: &impl Serialize,
    ) -> anyhow::Result<T> {
        match self {
            Self::Running(client) => Ok(client.post(path, body).await?),
            Self::AtRest(rest) => Err(rest.not_running.into()),
        }
    }
}

fn no_machine(name: &str) -> String {
    format!("no machine has the register id or identity {name:?}")
}
