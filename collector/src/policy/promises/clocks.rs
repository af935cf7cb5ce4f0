//! What the clock does to a judgement, and what it does not.

use proptest::prelude::*;
use report::catalogue::Origin;
use report::{FactKey, Outcome, State, Timestamp};

use super::worlds::{any_changed, any_machine, any_machines, fleet, office, with_own_facts};
use crate::machine::lexicon::Lexicon;
use crate::machine::view::MachineView;
use crate::machine::{Held, Kept, Machine};
use crate::policy::derive::derive;
use crate::policy::facts::{Facts, Finding};
use crate::policy::fixtures::{DAY, HOUR, NOW, cases, key, view};
use crate::policy::{
    Day, Forecast, Hourglass, JudgeClock, Judgement, Posture, Roll, Subject, Why, judge,
};
use crate::register::MachineKind;

/// The state in which nothing of what a machine said counts.
fn silence(judgement: &Judgement<'_>) -> Option<State> {
    Some(judgement.state).filter(|state| *state < State::Unprotected)
}

fn place<'m>(judgement: &Judgement<'m>) -> (Option<&'m str>, Option<MachineKind>, Option<u8>) {
    (judgement.unit, judgement.kind, judgement.level)
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn a_forecast_of_no_days_is_the_present(machine in any_machine(), days in 1..40_i64) {
        let set = office();
        let subject = Subject::of(&set, view(&machine), NOW);
        let by = |days: i64| {
            judge(&set, &subject, JudgeClock { now: NOW, horizon: NOW + days * DAY })
        };
        let present = judge(&set, &subject, JudgeClock::at(NOW));
        prop_assert_eq!(&by(0), &present);
        // What does not end is the same on every day of a forecast, and so is who is silenced.
        let later = by(days);
        prop_assert_eq!(silence(&later), silence(&present));
        prop_assert_eq!(place(&later), place(&present));
    }

    #[test]
    fn until_it_turns_a_judgement_stands(machine in any_machine(), part in 0..=1000_i64) {
        let set = office();
        let subject = Subject::of(&set, view(&machine), NOW);
        let now = judge(&set, &subject, JudgeClock::at(NOW));
        let midnight = set.targets.calendar.end_of(Day::of(&set, NOW).date()) + 1;
        let last = now.turns.min(midnight) - 1;
        prop_assert!(last >= NOW);
        let at = Timestamp(NOW.0 + last.since(NOW) * part / 1000);
        prop_assert_eq!(judge(&set, &subject, JudgeClock::at(at)), now);
    }
}

proptest! {
    // Everyone is judged three times.
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_posture_of_no_days_ahead_is_the_present_one(
        machines in any_machines(),
        days in 0..40_i64,
    ) {
        let (set, fleet) = (office(), fleet(&machines));
        let posture = |clock| Posture::of(&Roll::call(set.clone(), &fleet, clock));
        let ahead = |days: i64| posture(JudgeClock { now: NOW, horizon: NOW + days * DAY });
        let present = posture(JudgeClock::at(NOW));
        prop_assert_eq!(&ahead(0), &present);
        // A forecast moves ends, never who is answered for.
        let members = |posture: &Posture| posture.machines.values().sum::<u64>();
        prop_assert_eq!(members(&ahead(days)), members(&present));
    }
}

proptest! {
    // Everyone is judged three times.
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_forecast_only_ever_takes_away_and_says_by_what(
        machines in any_machines(),
        days in 1..60_u32,
        more in 1..60_u32,
    ) {
        let (set, fleet) = (office(), fleet(&machines));
        let roll = Roll::call(set, &fleet, JudgeClock::at(NOW));
        let forecast = Forecast::of(&roll, &fleet, &[0, days, days + more], None);
        for target in &forecast.targets {
            let [today, near, far] = &target.horizons[..] else { panic!("{target:?}") };
            prop_assert_eq!(today.standing, target.now);
            prop_assert!(near.standing.met <= today.standing.met);
            prop_assert!(far.standing.met <= near.standing.met);
            for ahead in [near, far] {
                prop_assert_eq!(ahead.lost == 0, ahead.standing.met == target.now.met);
                let told: u64 = ahead.causes.iter().map(|cost| cost.members).sum();
                prop_assert!(told >= ahead.lost, "{:?}", ahead);
            }
        }
    }
}

/// What is known of a machine after these heartbeats.
fn known_after(machine: &Machine, heartbeats: &[Timestamp], told: impl FnOnce(Facts<'_>)) {
    let (set, mut lexicon) = (office(), Lexicon::default());
    let mut held = Held::pack(machine.clone(), &mut lexicon);
    heartbeats.iter().for_each(|at| held.confirm(*at));
    let subject = Subject::of(&set, MachineView::new(&held, &lexicon), NOW);
    let clock = Hourglass::new(JudgeClock::at(NOW));
    told(derive(&set, &Day::of(&set, NOW), &subject, &clock));
}

/// Whether a machine saw something that always changes; that there is no such thing does not.
fn is_seen_and_volatile(machine: &Machine, key: FactKey) -> bool {
    let is_seen = |kept: &Kept| match &kept.observation.outcome {
        Outcome::Observed(facts) => facts.contains_key(&key),
        Outcome::NotApplicable(_) | Outcome::Failed(_) => false,
    };
    key.spec().volatile && machine.topics.values().any(is_seen)
}

fn agents_keys() -> impl Iterator<Item = FactKey> {
    let is_agents = |key: &FactKey| match key.spec().origin {
        Origin::Agent(_) => true,
        Origin::Derived => false,
    };
    FactKey::all().filter(is_agents)
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn a_heartbeat_only_ever_extends_freshness(
        machine in any_changed(["machine.booted_at", "patches.refreshed_at"].map(key).to_vec()),
        hours in proptest::collection::vec(0..100_i64, 1..4),
    ) {
        let machine = with_own_facts(machine);
        let heartbeats: Vec<_> = hours.iter().map(|hours| NOW - hours * HOUR).collect();
        let all_but_last = &heartbeats[..heartbeats.len() - 1];
        let mut differ = Vec::new();
        known_after(&machine, all_but_last, |before| {
            known_after(&machine, &heartbeats, |after| {
                for key in agents_keys() {
                    let (before, after) = (before.get(key), after.get(key));
                    let was_stale = matches!(before, Finding::Unknown(Why::Stale(_)));
                    let may_change = was_stale && !is_seen_and_volatile(&machine, key);
                    if before != after && !may_change {
                        differ.push((key, format!("{before:?} {after:?}")));
                    }
                }
            });
        });
        prop_assert!(differ.is_empty(), "{differ:?}");
    }
}
