//! What becomes of identities: who waits is let in or turned away, anybody is revoked.

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
