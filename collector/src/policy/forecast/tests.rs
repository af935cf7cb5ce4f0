//! What ends takes away, by whom it was held, and nothing else.

use std::collections::BTreeMap;

use jiff::civil::date;
use report::Lang;

use super::*;
use crate::machine::Machine;
use crate::policy::PolicySet;
use crate::policy::fixtures::{
    NOW, good_machine, good_product, known, observe_antivirus, product, set, source_moment, word,
};
use crate::policy::promises::worlds::opaque_product;

const LICENCES: &str = "register/licences.toml";
const ROWS: &str = "m-01,so,workstation,lan,,,,2025-01-01,\n\
                    m-02,phong,workstation,lan,,,,2025-01-01,\n\
                    m-03,phong,workstation,lan,,,,2025-01-01,\n";

fn good(number: u8) -> Machine {
    good_machine(number, Some(&format!("m-{number:02}")))
}

/// A machine whose product does not tell whether it is licensed.
fn opaque(number: u8) -> Machine {
    let mut machine = good(number);
    observe_antivirus(&mut machine, vec![opaque_product("drweb")], true);
    machine
}

fn contract(id: &str, seats: u32, until: &str) -> String {
    format!(
        "[[licence]]\nid = \"{id}\"\ncontract = {{ number = \"{id}/HĐ\", date = 2026-01-05 }}\n\
         supplier = \"x\"\nproducts = [\"drweb\"]\nseats = {seats}\nfrom = 2026-01-01\n\
         until = {until}\n"
    )
}

fn forecast_of(set: PolicySet, machines: &[Machine], days: &[u32], unit: Option<&str>) -> Forecast {
    let fleet = Fleet::new(machines.to_vec());
    let unit = unit.map(|unit| set.register.units.index(unit).unwrap());
    let roll = Roll::call(Arc::new(set), &fleet, JudgeClock::at(NOW));
    Forecast::of(&roll, &fleet, days, unit)
}

fn forecast(files: &[(&str, &str)], machines: &[Machine], days: &[u32]) -> Forecast {
    forecast_of(set(ROWS, files), machines, days, None)
}

fn target<'f>(forecast: &'f Forecast, id: &str) -> &'f TargetForecast {
    forecast.targets.iter().find(|target| target.target == id).unwrap()
}

/// For how many a target holds now and at each horizon.
fn met(forecast: &Forecast, id: &str) -> Vec<u64> {
    let target = target(forecast, id);
    let ahead = target.horizons.iter().map(|one| one.standing.met);
    std::iter::once(target.now.met).chain(ahead).collect()
}

/// What a drop comes from at the farthest horizon.
fn costs(forecast: &Forecast, id: &str) -> BTreeMap<String, u64> {
    let causes = &target(forecast, id).horizons.last().unwrap().causes;
    causes.iter().map(|cost| (cost.ending.clone(), cost.members)).collect()
}

fn cost(ending: &str, members: u64) -> BTreeMap<String, u64> {
    BTreeMap::from([(ending.to_owned(), members)])
}

#[test]
fn a_contract_that_ends_takes_the_target_from_those_who_hold_its_seats() {
    let licences = contract("hd", 5, "2026-12-31");
    let machines = [opaque(1), opaque(2), good(3)];
    let told = forecast(&[(LICENCES, &licences)], &machines, &[60, 39, 40]);
    // The 31st of December is 39 days ahead; the contract is good to its end.
    assert_eq!(met(&told, "antivirus-licensed"), [3, 3, 1, 1]);
    assert_eq!(met(&told, "machines-protected"), [3, 3, 1, 1]);
    assert_eq!(costs(&told, "antivirus-licensed"), cost("contract/hd", 2));
    let [ending] = &told.endings[..] else { panic!("{:?}", told.endings) };
    assert_eq!(ending.end.ends, Some(date(2026, 12, 31)));
    assert_eq!(ending.members.names, ["m-01", "m-02"]);
    assert_eq!(ending.rules, ["antivirus-licensed"]);
    assert_eq!(
        ending.remedy.get(Lang::Vi),
        "gia hạn hợp đồng hd/HĐ (hd) cho 2 máy, chậm nhất ngày 31/12/2026"
    );
    assert!(told.falls());
    let units = &target(&told, "antivirus-licensed").units;
    let units: Vec<_> = units.iter().map(|one| (one.unit.as_deref(), one.ahead.clone())).collect();
    assert_eq!(units, [(Some("phong"), vec![2, 1, 1]), (Some("so"), vec![1, 0, 0])]);
}

#[test]
fn another_contract_takes_over_as_far_as_it_has_seats() {
    let licences = |seats| contract("a", 5, "2027-06-30") + &contract("b", seats, "2027-12-31");
    let machines = [opaque(1), opaque(2), opaque(3)];
    let of = |seats| forecast(&[(LICENCES, &licences(seats))], &machines, &[300]);
    assert_eq!(met(&of(3), "antivirus-licensed"), [3, 3]);
    let short = of(2);
    assert_eq!(met(&short, "antivirus-licensed"), [3, 2]);
    // The one that is left without a seat had one of the contract that ends.
    assert_eq!(costs(&short, "antivirus-licensed"), cost("contract/a", 1));
}

#[test]
fn whoever_is_pushed_from_a_contract_that_goes_on_is_told_so() {
    // The first machine may choose among both, the second one only that of its unit.
    let own = contract("own", 1, "2026-12-31").replace("products", "units = [\"so\"]\nproducts");
    let licences = own + &contract("all", 1, "2027-12-31");
    let machines = [opaque(1), opaque(2)];
    let told = forecast(&[(LICENCES, &licences)], &machines, &[60]);
    assert_eq!(met(&told, "antivirus-licensed"), [2, 1]);
    assert_eq!(costs(&told, "antivirus-licensed"), cost("seats/all", 1));
    let ending = &told.endings[0];
    assert_eq!((ending.end.ends, &ending.members.names[..]), (None, &["m-02".to_owned()][..]));
    let remedy = "buy seats of contract all/HĐ for 1 machine more, or renew those that end";
    assert_eq!(ending.remedy.get(Lang::En), remedy);
}

#[test]
fn a_products_own_licence_is_told_with_its_day() {
    let told = forecast(&[], &[good(1)], &[90, 101]);
    assert_eq!(met(&told, "antivirus-licensed"), [1, 1, 0]);
    assert_eq!(costs(&told, "antivirus-licensed"), cost("licence/eset/2027-03-02", 1));
}

#[test]
fn support_that_ends_is_told_with_the_release() {
    let mut machine = good(1);
    let mut lasting = good_product("eset");
    lasting.0.extend(product(&[("licence_until", known(source_moment(NOW + 9000 * DAY)))]).0);
    observe_antivirus(&mut machine, vec![lasting], true);
    let told = forecast(&[], &[machine], &[3650]);
    assert_eq!(met(&told, "antivirus-licensed"), [1, 1]);
    assert_eq!(met(&told, "machines-protected"), [1, 0]);
    let [ending] = &told.endings[..] else { panic!("{:?}", told.endings) };
    assert!(
        matches!(&ending.end.matter, Matter::Support { system } if system.starts_with("Debian 12"))
    );
    assert_eq!(ending.rules, ["os-supported", "security-updates-installed"]);
}

#[test]
fn a_machine_with_two_reasons_stands_under_both_and_counts_once() {
    let told = forecast(&[], &[good(1)], &[3650]);
    let protected = target(&told, "machines-protected").horizons.last().unwrap();
    assert_eq!((protected.lost, protected.causes.len()), (1, 2));
    assert_eq!(costs(&told, "antivirus-licensed"), cost("licence/eset/2027-03-02", 1));
}

#[test]
fn a_waiver_that_ends_is_told_and_costs_no_target_for_the_waived_met_none() {
    const WAIVER: &str = "[[waiver]]\nid = \"w\"\nrule = \"antivirus-licensed\"\n\
        machines = [\"m-01\"]\ndecision = { number = \"7/QĐ\", date = 2026-10-20 }\n\
        approver = \"a\"\nreason = \"b\"\nfrom = 2026-11-01\nuntil = 2026-11-30\n";
    let mut bare = good(1);
    observe_antivirus(&mut bare, vec![], true);
    let told = forecast(&[("register/waivers.toml", WAIVER)], &[bare], &[8, 9]);
    let [ending] = &told.endings[..] else { panic!("{:?}", told.endings) };
    assert_eq!((ending.id.as_str(), ending.end.ends), ("waiver/w", Some(date(2026, 11, 30))));
    assert_eq!((&ending.members.names[..], ending.members.count), (&["m-01".to_owned()][..], 1));
    assert!(costs(&told, "antivirus-licensed").is_empty() && !told.falls());
    let on_the_last_day = forecast(&[("register/waivers.toml", WAIVER)], &[good(1)], &[8]);
    assert!(on_the_last_day.endings.is_empty());
}

const DECLARED: &str = "[[declared]]\nunit = \"so\"\nkind = \"workstation\"\nheads = 3\n\
    from = 2025-01-01\n[[declared.attestation]]\nby = \"A\"\non = 2026-06-01\n\
    until = 2026-11-30\nmet = { antivirus-licensed = 3 }\n\
    [[declared.attestation]]\nby = \"B\"\non = 2026-10-01\n\
    until = 2026-11-25\nmet = { antivirus-licensed = 2 }\n";

#[test]
fn an_attestation_that_ends_no_longer_counts_and_no_older_one_comes_back() {
    let told = forecast(&[("register/declared.toml", DECLARED)], &[], &[3, 4]);
    let target = target(&told, "antivirus-licensed");
    let attested: Vec<_> = target.horizons.iter().map(|one| one.standing.attested).collect();
    assert_eq!((target.now.attested, attested), (2, vec![2, 0]));
    assert_eq!(
        costs(&told, "antivirus-licensed"),
        cost("attestation/so/workstation/2026-11-25", 2)
    );
    assert!(!told.falls(), "what is attested does not count towards the goal here");
    let mut counting = set(ROWS, &[("register/declared.toml", DECLARED)]);
    counting.targets.accept_attested = true;
    assert!(forecast_of(counting, &[], &[4], None).falls());
}

#[test]
fn a_training_grows_too_old_after_twelve_months() {
    const STAFF: &str = "[[staff]]\nunit = \"phong\"\nheads = 9\nfrom = 2025-01-01\n\
        trained = [{ on = 2025-12-01, heads = 7 }, { on = 2026-03-01, heads = 2, again = 0 }]\n";
    let told = forecast(&[("register/training.toml", STAFF)], &[], &[8, 9]);
    assert_eq!(met(&told, "staff-trained"), [9, 9, 2]);
    assert_eq!(costs(&told, "staff-trained"), cost("training/phong/2025-12-01", 7));
    assert_eq!(told.endings[0].end.ends, Some(date(2026, 11, 30)));
    assert_eq!((told.endings[0].members.count, told.endings[0].members.names.len()), (7, 0));
}

#[test]
fn whoever_does_not_meet_a_target_today_is_not_counted_for_it_later() {
    // The people of the older training all came again to the newer one; what is left of the
    // counting once the one between is over would be more.
    const STAFF: &str = "[[staff]]\nunit = \"phong\"\nheads = 60\nfrom = 2024-01-01\n\
        trained = [{ on = 2025-11-01, heads = 50 }, { on = 2025-12-01, heads = 10, again = 0 }, \
        { on = 2026-10-01, heads = 50, again = 50 }]\n";
    let told = forecast(&[("register/training.toml", STAFF)], &[], &[30]);
    assert_eq!(met(&told, "staff-trained"), [10, 10]);
}

#[test]
fn a_seat_that_only_another_contract_gives_later_protects_nobody_beforehand() {
    // The seat of the contract that ends is for a product that is not the one that runs.
    let idle = contract("a", 1, "2026-12-31").replace("drweb", "kaspersky-endpoint-security");
    let licences = idle + &contract("b", 1, "2027-12-31");
    let mut machine = good(1);
    let mut off = opaque_product("kaspersky-endpoint-security");
    off.0.extend(product(&[("state", word("off"))]).0);
    observe_antivirus(&mut machine, vec![off, opaque_product("drweb")], true);
    let fleet = Fleet::new(vec![machine]);
    let roll =
        Roll::call(Arc::new(set(ROWS, &[(LICENCES, &licences)])), &fleet, JudgeClock::at(NOW));
    let later = Posture::of(&roll_ahead(&roll, &fleet, 60));
    assert_eq!(later.target("antivirus-licensed").unwrap().total.met, 1, "the judge alone");
    let told = Forecast::of(&roll, &fleet, &[60], None);
    assert_eq!(met(&told, "antivirus-licensed"), [0, 0]);
}

#[test]
fn a_forecast_of_a_unit_is_of_it_and_those_below() {
    let licences = contract("hd", 5, "2026-12-31");
    let machines = [opaque(1), opaque(2), good(3)];
    let of = |unit| {
        let told = forecast_of(set(ROWS, &[(LICENCES, &licences)]), &machines, &[60], Some(unit));
        (told.unit.clone(), met(&told, "antivirus-licensed"), told.endings[0].members.count)
    };
    assert_eq!(of("phong"), (Some("phong".to_owned()), vec![2, 1], 1));
    assert_eq!(of("so"), (Some("so".to_owned()), vec![3, 1], 2));
}

#[test]
fn of_no_days_ahead_everything_is_as_it_is() {
    let licences = contract("hd", 5, "2026-11-22");
    let machines = [opaque(1), good(2)];
    let told =
        forecast(&[(LICENCES, &licences), ("register/declared.toml", DECLARED)], &machines, &[0]);
    assert!(told.endings.is_empty() && !told.falls());
    for target in &told.targets {
        let [today] = &target.horizons[..] else { panic!("{target:?}") };
        assert_eq!((today.standing, today.met_goal, today.lost), (target.now, target.met_goal, 0));
    }
}

#[test]
fn silence_and_age_do_not_move_with_the_horizon() {
    let mut quiet = good(1);
    quiet.last_contact.at = NOW - 6 * DAY;
    // Its definitions are a day old, and may be seven.
    let told = forecast(&[], &[quiet, good(2)], &[60]);
    assert!(told.endings.is_empty(), "{:?}", told.endings);
    assert_eq!(met(&told, "machines-protected"), [2, 2]);
}

#[test]
fn the_metrics_count_what_the_forecast_tells() {
    let licences = contract("hd", 5, "2026-12-31");
    let set = set(ROWS, &[(LICENCES, &licences)]);
    let fleet = Fleet::new(vec![opaque(1), opaque(2), good(3)]);
    let roll = Roll::call(Arc::new(set), &fleet, JudgeClock::at(NOW));
    let told = Forecast::of(&roll, &fleet, &HORIZONS, None);
    for (place, days) in HORIZONS.into_iter().enumerate() {
        let of = |target: &TargetForecast| target.horizons[place].standing.met;
        let told: Vec<_> = told.targets.iter().map(of).collect();
        assert_eq!(met_ahead(&roll, &fleet, days), told, "{days}");
    }
}

#[test]
fn a_forecast_travels_as_json() {
    let told = forecast(&[(LICENCES, &contract("hd", 5, "2026-12-31"))], &[opaque(1)], &[30, 60]);
    let json = serde_json::to_string(&told).unwrap();
    let ending = r#"{"id":"contract/hd","ends":"2026-12-31","kind":"contract","contract":"hd""#;
    assert!(json.contains(ending), "{json}");
    assert_eq!(serde_json::from_str::<Forecast>(&json).unwrap(), told);
}

#[test]
fn two_trainings_of_one_day_are_one_end_with_the_heads_of_both() {
    const STAFF: &str = "[[staff]]\nunit = \"phong\"\nheads = 9\nfrom = 2025-01-01\n\
        trained = [{ on = 2025-12-01, heads = 4, again = 0 }, { on = 2025-12-01, heads = 3, again = 0 }]\n";
    let told = forecast(&[("register/training.toml", STAFF)], &[], &[9]);
    assert_eq!(met(&told, "staff-trained"), [7, 0]);
    assert_eq!(costs(&told, "staff-trained"), cost("training/phong/2025-12-01", 7));
    assert_eq!(told.endings[0].members.count, 7);
}
