//! A machine whose identity is refused: it keeps what it has to say, and never lets itself in again.

use agent::cycle::{Contact, Kept};
use report::wire::SHUT_OUT;

use crate::collector::{AGEING, Collector, Next};
use crate::patience::until;
use crate::{KEPT, joined, reports};

fn paths(collector: &Collector) -> Vec<String> {
    collector.paths().split_off(1)
}

#[tokio::test]
async fn whoever_is_shut_out_keeps_its_report_and_says_so_until_it_is_taken() {
    for reason in SHUT_OUT {
        let collector = Collector::start().await;
        let machine = joined(&collector).await;
        let mut cycle = machine.cycle().unwrap();
        for _ in 0..3 {
            collector.will([Next::ShutOut(reason)]);
            let contact = cycle.contact(KEPT).await.unwrap();
            assert!(matches!(contact, Contact::ShutOut(_)), "{reason}: {contact:?}");
        }
        let status = machine.status();
        assert_eq!(status.spooled.unwrap().count, 1, "{reason}");
        assert!(status.refused.is_none() && status.dropped == 0, "{reason}");
        assert_eq!(status.shut_out.unwrap().refusal.problem.reason, reason);

        assert!(matches!(cycle.contact(KEPT).await.unwrap(), Contact::Accepted(_)));
        assert_eq!(reports(&collector), [1, 1, 1, 1]);
        let status = machine.status();
        assert!(status.shut_out.is_none() && status.spooled.is_none(), "{reason}");
    }
}

#[tokio::test]
async fn hours_of_being_shut_out_cost_no_report() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    for hour in 0..6 {
        machine.is_called(&format!("hour-{hour}"));
        collector.will([Next::ShutOut("revoked")]);
        assert!(matches!(cycle.contact(Kept::Never).await.unwrap(), Contact::ShutOut(_)));
    }
    assert_eq!(reports(&collector), [1; 6], "one knock each time, with the oldest");
    assert_eq!(machine.status().spooled.unwrap().count, 6);
    drop(cycle);
    let mut restarted = machine.cycle().unwrap();
    assert!(matches!(restarted.contact(KEPT).await.unwrap(), Contact::Accepted(_)));
    assert_eq!(reports(&collector).split_off(6), [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn a_refused_heartbeat_is_followed_by_no_report() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    cycle.contact(KEPT).await.unwrap();
    collector.will([Next::ShutOut("superseded")]);
    assert!(matches!(cycle.contact(KEPT).await.unwrap(), Contact::ShutOut(_)));
    assert_eq!(paths(&collector), ["/v1/reports", "/v1/heartbeats"]);
    assert_eq!(machine.status().spooled.unwrap().count, 1);
}

#[tokio::test]
async fn a_refused_renewal_is_followed_by_no_report() {
    let collector = Collector::certifying(AGEING).await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    collector.will([Next::ShutOut("revoked")]);
    assert!(matches!(cycle.contact(KEPT).await.unwrap(), Contact::ShutOut(_)));
    assert_eq!(paths(&collector), ["/v1/renew"]);
    let status = machine.status();
    assert_eq!(status.spooled.unwrap().count, 1);
    assert!(status.shut_out.is_some());

    machine.is_called("ho-tich-02");
    collector.will([Next::ShutOut("revoked")]);
    assert!(matches!(cycle.notice(true).await.unwrap(), Some(Contact::ShutOut(_))));
    assert_eq!(paths(&collector), ["/v1/renew", "/v1/renew"]);
}

#[tokio::test]
async fn a_refusal_of_what_is_said_shuts_nobody_out() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    collector.will([Next::Refuse(403)]);
    let contact = machine.cycle().unwrap().contact(KEPT).await.unwrap();
    assert!(matches!(contact, Contact::Refused(_)));
    assert!(machine.status().shut_out.is_none());
}

/// The whole loop: what changes is kept and not told, and nobody joins anew.
#[tokio::test]
async fn the_loop_falls_quiet_and_goes_on_looking() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    collector.will([Next::ShutOut("revoked")]);
    let quiet = async {
        until(|| machine.status().next_contact.is_some()).await;
        machine.is_called("ho-tich-02");
        until(|| machine.status().spooled.is_some_and(|kept| kept.count == 2)).await;
    };
    let mut cycle = machine.cycle().unwrap();
    machine.rounds().go(&mut cycle, quiet).await.unwrap();
    assert_eq!(collector.paths(), ["/v1/enrol", "/v1/reports"]);
    let status = machine.status();
    let wait = status.next_contact.unwrap().since(status.shut_out.unwrap().since);
    assert!((2880..=4321).contains(&wait), "about an hour, and not a quarter of one: {wait} s");
}
