//! What becomes of identities: who waits is let in or turned away, and whose answer was lost is
//! answered again.

use super::*;

/// What the audit log says of a machine, in order.
fn log(folder: &Path, machine: u8) -> Vec<String> {
    let database = Connection::open(folder.join("store.sqlite")).unwrap();
    let mut entries = database
        .prepare("SELECT action || ' ' || detail FROM audit WHERE subject = ? ORDER BY number")
        .unwrap();
    let entries = entries.query_map([id(machine).to_string()], |row| row.get(0)).unwrap();
    entries.collect::<Result<_, _>>().unwrap()
}

fn id(n: u8) -> MachineId {
    MachineId::from_bytes([n; 16])
}

/// Three that claim one row: the first has it, the others wait.
async fn claimants() -> World {
    let world = world(9).await;
    for n in 1..=3 {
        let standing = world.store.submit(enrolment(n, Some("pc-01"))).await.unwrap().unwrap();
        assert_eq!(standing, if n == 1 { Standing::Current } else { Standing::Pending });
    }
    world
}

async fn decided(world: &World, decision: Decision, machines: &[u8]) -> Vec<Decided> {
    world.store.submit(decide(decision, machines)).await.unwrap()
}

#[tokio::test]
async fn whoever_is_approved_has_the_row_and_whoever_held_it_is_history() {
    let world = claimants().await;
    let approved = decided(&world, Decision::Approve, &[2]).await;
    let standings = vec![(id(1), Standing::Revoked), (id(2), Standing::Current)];
    assert_eq!(approved, [Decided::Done(Consequence { replaced: Some(id(1)), standings })]);
    let folder = world.folder.path();
    assert_eq!(log(folder, 1)[1], format!("superseded row=pc-01 by={}", id(2)));
    assert_eq!(log(folder, 2)[1], "approved row=pc-01");
    assert_eq!(count(folder, "machines WHERE standing = 'pending'"), 1, "the third still waits");
    assert_eq!(count(folder, "standings"), 5, "each change of each identity is dated");
}

#[tokio::test]
async fn of_two_that_are_approved_for_one_row_the_later_has_it() {
    let world = claimants().await;
    let both = decided(&world, Decision::Approve, &[2, 3]).await;
    let replaced = both.iter().map(|decided| decided.change().and_then(|change| change.replaced));
    assert_eq!(replaced.collect::<Vec<_>>(), [Some(id(1)), Some(id(2))]);
    let fleet = world.reopened().fleet;
    let standings: Vec<_> = fleet.slots().map(|slot| fleet.at(slot).standing).collect();
    assert_eq!(standings, [Standing::Revoked, Standing::Revoked, Standing::Current]);
}

#[tokio::test]
async fn a_row_whose_holder_was_revoked_is_given_to_whoever_waits_for_it() {
    let world = claimants().await;
    decided(&world, Decision::Revoke, &[1]).await;
    let approved = decided(&world, Decision::Approve, &[2]).await;
    assert_eq!(approved, [done(2, Standing::Current)]);
}

#[tokio::test]
async fn who_does_not_wait_is_neither_approved_nor_rejected() {
    let world = claimants().await;
    assert_eq!(decided(&world, Decision::Reject, &[3]).await, [done(3, Standing::Revoked)]);
    for decision in [Decision::Approve, Decision::Reject] {
        assert_eq!(
            decided(&world, decision, &[1, 3, 9]).await,
            [Decided::NotPending, Decided::NotPending, Decided::NotInForce]
        );
    }
    let folder = world.folder.path();
    assert_eq!(
        log(folder, 3),
        [
            "enrolled_pending token=t1 row=pc-01 serial=".to_owned() + &certificate(3).serial,
            "rejected ".to_owned()
        ]
    );
    assert_eq!(log(folder, 1).len(), 1, "the holder keeps its row");
}

fn again(n: u8, machine: u8, at: Timestamp) -> EnrolAgain {
    EnrolAgain {
        token: "t1".to_owned(),
        machine: id(machine),
        fingerprint: HARDWARE,
        certificate: certificate(n),
        at,
        from: HERE,
    }
}

async fn unheard(world: &World, at: Timestamp) -> Option<MachineId> {
    let archive = Archive::new(world.folder.path().join("store.sqlite"));
    archive.unheard("t1", HARDWARE, at).unwrap()
}

#[tokio::test]
async fn whose_answer_was_lost_is_answered_again_as_the_same_machine() {
    let world = world(1).await;
    let _ = world.store.submit(enrolment(1, Some("pc-01"))).await.unwrap();
    assert_eq!(unheard(&world, NOW + 60).await, Some(id(1)));
    let standing = world.store.submit(again(2, 1, NOW + 60)).await.unwrap();
    assert_eq!(standing, Ok(Standing::Current));
    assert!(log(world.folder.path(), 1)[1].starts_with("enrolled again token=t1 "));
    let holdings = world.reopened();
    assert_eq!((holdings.fleet.len(), holdings.certificates.len()), (1, 2));
    assert_eq!(holdings.tokens[0].record.used, 1);
    let certificates = Identities::new(vec![[9; 32]], holdings.certificates, std::iter::empty());
    let speaks = |n: u8| {
        certificates.authenticate(Some(&CertificateDer::from(vec![n])), NOW + 60).map(|_| ())
    };
    assert_eq!((speaks(1), speaks(2)), (Err(Stranger::Superseded), Ok(())));
}

#[tokio::test]
async fn who_was_heard_of_is_not_answered_again() {
    let world = world(1).await;
    let _ = world.store.submit(enrolment(1, None)).await.unwrap();
    world.store.submit(StoreReport(report(1, 1, "A"))).await.unwrap().unwrap();
    assert_eq!(unheard(&world, NOW + 60).await, None);
    let refused = world.store.submit(again(2, 1, NOW + 60)).await.unwrap();
    assert_eq!(refused, Err(TokenRefusal::Spent));
}

#[tokio::test]
async fn whose_certificate_was_used_is_not_answered_again() {
    let world = world(1).await;
    let _ = world.store.submit(enrolment(1, None)).await.unwrap();
    let (sha256, at) = (certificate(1).sha256, NOW + 1);
    world.store.submit(CertificateUsed { sha256, machine: id(1), at }).await.unwrap();
    assert_eq!(unheard(&world, NOW + 60).await, None);
}

#[tokio::test]
async fn nobody_is_answered_again_late_on_other_hardware_or_without_an_end() {
    let world = world(1).await;
    let _ = world.store.submit(enrolment(1, None)).await.unwrap();
    let other = EnrolAgain { fingerprint: Fingerprint::from_bytes([2; 32]), ..again(2, 1, NOW) };
    for refused in [other, again(2, 1, NOW + 15 * 60), again(2, 7, NOW)] {
        assert_eq!(world.store.submit(refused).await.unwrap(), Err(TokenRefusal::Spent));
    }
    let elsewhere = world.store.submit(again(2, 1, NOW + 3600)).await.unwrap();
    assert_eq!(elsewhere, Err(TokenRefusal::Expired));
    for n in 2..=5 {
        let answered = world.store.submit(again(n, 1, NOW)).await.unwrap();
        assert_eq!(answered, Ok(Standing::Current), "{n}");
    }
    let refused = world.store.submit(again(6, 1, NOW)).await.unwrap();
    assert_eq!(refused, Err(TokenRefusal::Spent), "five times in all");
}

#[tokio::test]
async fn tokens_are_kept_all_or_none_with_the_networks_they_are_for() {
    let world = world(1).await;
    let token = |n: u8| {
        let from = vec!["10.1.0.0/16".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
        let record = TokenRecord { id: format!("n{n}"), from, ..token_record(1) };
        KeptToken { secret_hash: [n; 32], record }
    };
    let create = |tokens| CreateTokens { tokens, entry: entry(Action::TokensCreated) };
    assert!(world.store.submit(create(vec![token(11), token(11)])).await.is_err());
    world.store.submit(create(vec![token(12), token(13)])).await.unwrap();
    let folder = world.folder.path();
    assert_eq!(count(folder, "tokens"), 3);
    assert_eq!(count(folder, "audit WHERE action = 'tokens_created'"), 1);
    let holdings = world.reopened();
    let kept = holdings.tokens.iter().find(|kept| kept.record.id == "n12").unwrap();
    assert_eq!(kept.record, token(12).record);
    assert!(holdings.tokens.iter().any(|kept| kept.record.from.is_empty()));
}
