//! The forecast that the metrics show: made in the background, never while somebody scrapes.

use std::sync::Arc;
use std::time::Duration;

use report::Timestamp;

use crate::drain::Draining;
use crate::hub::Hub;
use crate::live::Foreseen;
use crate::policy::PolicySet;
use crate::policy::forecast::{HORIZONS, met_ahead};

/// How often it is made where nothing else asks for it, in seconds.
const EVERY: i64 = 3600;

/// Looks ahead at once, under another set, at midnight and every hour.
pub async fn look_ahead(hub: Arc<Hub>, mut draining: Draining) {
    let mut policies = hub.policies.clone();
    loop {
        let set = policies.borrow_and_update().clone();
        if let Err(error) = foresee(&hub).await {
            tracing::error!(error, "looking ahead ended badly");
        }
        tokio::select! {
            changed = policies.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(pause(&set, crate::clock::now())) => {}
            () = draining.told() => return,
        }
    }
}

/// Until the next hour is over or the day is.
fn pause(set: &PolicySet, now: Timestamp) -> Duration {
    let calendar = &set.targets.calendar;
    let midnight = calendar.end_of(calendar.date_of(now)) + 1;
    let seconds = midnight.since(now).min(EVERY);
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default().max(1))
}

/// Judges everyone once for each horizon, and lets others in between. Where the set changes
/// meanwhile nothing is noted: the change itself asks for another look.
async fn foresee(hub: &Arc<Hub>) -> Result<(), String> {
    let policies = hub.policy_set().hash;
    let mut met = Vec::new();
    for days in HORIZONS {
        let seen = hub.show(move |live| {
            let is_same = live.roll().set().hash == policies;
            is_same.then(|| met_ahead(live.roll(), live.fleet(), days))
        });
        let Some(seen) = seen.await? else {
            return Ok(());
        };
        met.push((days, seen));
    }
    hub.live_mut().note(Foreseen { policies, met });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::fixtures::{HOUR, NOW, set};

    #[test]
    fn the_next_look_is_in_an_hour_and_no_later_than_midnight() {
        let set = set("", &[]);
        assert_eq!(pause(&set, NOW), Duration::from_secs(3600));
        // NOW is eight in the morning.
        let late = NOW + 16 * HOUR - 60;
        assert_eq!(pause(&set, late), Duration::from_secs(60));
    }
}
