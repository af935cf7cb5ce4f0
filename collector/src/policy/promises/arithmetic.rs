//! Shares and goals, in whole numbers.

use proptest::prelude::*;
use report::Lang;

use crate::policy::fixtures::cases;
use crate::policy::posture::Tally;

fn any_tally() -> impl Strategy<Value = Tally> {
    let members = prop_oneof![0..2_000_u64, 1..2_000_000_u64, any::<u64>()];
    let tally = |members: u64| {
        let near = (0..5_u64).prop_map(move |short| members.saturating_sub(short));
        prop_oneof![0..=members, near].prop_map(move |met| Tally { members, met })
    };
    members.prop_flat_map(tally)
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn only_everyone_is_a_hundred_percent(tally in any_tally()) {
        let everyone = tally.members > 0 && tally.met == tally.members;
        prop_assert_eq!(tally.meets(100), everyone);
        let (vi, en) = (tally.share(Lang::Vi), tally.share(Lang::En));
        prop_assert_eq!(vi.as_deref() == Some("100,0 %"), everyone);
        prop_assert_eq!(en.as_deref() == Some("100.0%"), everyone);
    }

    #[test]
    fn a_share_never_says_more_than_there_is(tally in any_tally()) {
        prop_assume!(tally.members > 0);
        let tenths = tally.tenths().unwrap();
        let (members, met) = (i128::from(tally.members), i128::from(tally.met));
        let rest = met * 1000 - i128::from(tenths) * members;
        prop_assert!((0..members).contains(&rest), "{tenths} leaves {rest}");
    }

    #[test]
    fn a_goal_is_met_when_a_hundred_times_those_who_meet_it_reach_it(
        tally in any_tally(),
        goal in 1..=100_u8,
        is_near in any::<bool>(),
    ) {
        let nearly = u128::from(tally.members) * u128::from(goal) / 100;
        let nearly = u64::try_from(nearly).unwrap();
        let tally = if is_near { Tally { met: nearly, ..tally } } else { tally };
        let (members, met) = (i128::from(tally.members), i128::from(tally.met));
        let short = members * i128::from(goal) - met * 100;
        prop_assert_eq!(tally.meets(goal), members > 0 && short <= 0);
        // One more that meets it never misses it.
        let more = Tally { met: tally.met.saturating_add(1), ..tally };
        prop_assert!(!tally.meets(goal) || more.meets(goal));
    }
}
