//! A restart of the collector costs no agent a full handshake, and opens no door.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use harness::{Answer, Machine, World};

const ROW: &str = "pc-01,stp,workstation,lan,,,,2026-01-01,";

struct Scene {
    world: World,
    machine: Machine,
    said: u64,
}

/// A world with one machine that holds a ticket.
fn scene() -> Scene {
    let world = World::with_machines(&[ROW]);
    let machine = Machine::join(&world, &world.collector.token(&["--machine", "pc-01"]));
    let mut scene = Scene { world, machine, said: 0 };
    assert!(!scene.report().resumed, "the first handshake is a full one");
    assert!(scene.report().resumed);
    scene
}

impl Scene {
    fn report(&mut self) -> Answer {
        self.said += 1;
        self.machine.post(&self.machine.report(self.said, "FIRST")).unwrap()
    }

    fn keys(&self) -> PathBuf {
        self.world.collector.folder().join("data/ticket-keys")
    }

    fn mode(&self) -> u32 {
        std::fs::metadata(self.keys()).unwrap().permissions().mode() & 0o7777
    }

    /// Restarts the collector, with something done while it is not there.
    fn restarted(&mut self, meanwhile: impl FnOnce(&Self)) {
        assert!(self.world.collector.terminate());
        meanwhile(self);
        self.world.collector.restart();
    }

    /// The keys were replaced, the machine is served all the same, and holds a new ticket.
    fn begins_anew(&mut self) {
        let answer = self.report();
        assert!(answer.status == 200 && !answer.resumed, "{answer:?}");
        assert!(self.report().resumed);
        assert_eq!(self.mode(), 0o600);
    }
}

#[test]
fn a_ticket_outlives_a_restart_and_a_kill() {
    let mut scene = scene();
    assert_eq!(scene.mode(), 0o600);
    scene.restarted(|_| ());
    let answer = scene.report();
    assert!(answer.status == 200 && answer.resumed, "{answer:?}");
    scene.world.collector.kill();
    scene.world.collector.restart();
    assert!(scene.report().resumed);
}

#[test]
fn without_its_keys_a_ticket_opens_nothing() {
    let mut scene = scene();
    scene.restarted(|scene| std::fs::remove_file(scene.keys()).unwrap());
    scene.begins_anew();
}

#[test]
fn keys_that_are_damaged_or_open_to_others_are_replaced_with_a_warning() {
    let mut scene = scene();
    scene.restarted(|scene| std::fs::write(scene.keys(), "[{").unwrap());
    assert!(scene.world.collector.log().contains("ticket keys are replaced"));
    scene.begins_anew();
    let open = Permissions::from_mode(0o644);
    scene.restarted(|scene| std::fs::set_permissions(scene.keys(), open).unwrap());
    assert!(scene.world.collector.log().contains("expected a file of mode 600, found 644"));
    scene.begins_anew();
}

#[test]
fn a_revoked_machine_stays_out_though_it_resumes_after_a_restart() {
    let mut scene = scene();
    assert!(scene.world.collector.command(&["machine", "revoke", "pc-01"]).status.success());
    scene.restarted(|_| ());
    let answer = scene.report();
    assert!(answer.resumed, "{answer:?}");
    assert_eq!((answer.status, answer.reason()), (403, "revoked"));
}

#[test]
fn a_ticket_of_the_report_door_opens_no_other() {
    let scene = scene();
    let enrolment = scene.machine.hand.at_another_door(report::wire::ENROL_ALPN);
    let answer = enrolment.post("/v1/enrol", b"{}").unwrap();
    assert!(!answer.resumed, "{answer:?}");
    let renewal = scene.machine.hand.at_another_door(report::wire::RENEW_ALPN);
    let answer = renewal.post("/v1/renew", b"{}").unwrap();
    assert!(!answer.resumed, "{answer:?}");
}
