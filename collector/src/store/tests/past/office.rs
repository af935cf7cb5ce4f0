//! A small office whose weeks pass as a test says.

use super::*;

/// How many sets of facts there are to report.
pub(in crate::store::tests) const FACTS: usize = 8;
/// How many policy sets there are to be judged by.
pub(in crate::store::tests) const SETS: usize = 3;

const ROWS: &str = "pc-0,so,workstation,lan,,,,2024-01-01,\npc-1,phong,server,,,,,2024-01-01,\n\
                    pc-2,phong,workstation,ho-tich,,,,2026-11-25,2026-12-10\n";

/// What was said of everyone at a moment: the numbers, and of each member its row, its identity, its
/// state, what the rules say and where it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store::tests) struct Told {
    posture: Posture,
    members: Vec<String>,
}

impl Told {
    pub(in crate::store::tests) fn by(live: &Live) -> Self {
        let mut posture = Posture::of(live.roll());
        // Known to within the gap of a span.
        posture.report_age.clear();
        posture.skew_median = None;
        let member = |member: crate::policy::roll::Member<'_>| {
            let id = member.machine.map(|slot| live.fleet().at(slot).id.to_string());
            let row = member.row.map(|row| row.id);
            let (entry, rulings) = (member.entry, member.rulings().collect::<Vec<_>>());
            let place = (member.unit(), entry.kind, entry.level);
            format!("{row:?} {id:?} {:?} {place:?} {rulings:?}", entry.state)
        };
        let mut members: Vec<_> = live.roll().members().map(member).collect();
        // Those that joined in the same second are in no order that anything goes by.
        members.sort();
        Self { posture, members }
    }

    /// How many machines are in a state.
    pub(in crate::store::tests) fn count(&self, state: State) -> u64 {
        let machines = self.posture.machines.iter();
        machines.filter(|((_, one), _)| *one == state).map(|(_, count)| count).sum()
    }
}

/// A machine that speaks.
#[derive(Clone, Debug)]
struct Pc {
    number: u8,
    clock: i64,
    sequence: u64,
    digest: Option<report::machine::FactsDigest>,
}

pub(in crate::store::tests) struct Office {
    world: World,
    live: Live,
    set: Arc<PolicySet>,
    machines: Vec<Pc>,
    pub(in crate::store::tests) now: Timestamp,
    pub(in crate::store::tests) asked: Vec<(Timestamp, Told)>,
}

/// Each policy set with its files.
static BOOKS: LazyLock<[(Folder, Arc<PolicySet>); SETS]> = LazyLock::new(|| {
    let targets = include_str!("../../../../../policies/targets.toml");
    let shipped = "workstation = \"7d\", server = \"1d\"";
    let strict = targets.replace(shipped, "workstation = \"12h\", server = \"12h\"");
    assert_ne!(strict, targets);
    let rules = touchy_rules();
    let rules: Vec<_> = rules.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    let strictly = [&rules[..], &[("targets.toml", &strict)]].concat();
    [
        folder(ROWS, &rules),
        folder(ROWS, &strictly),
        folder("pc-0,so,workstation,lan,,,,2024-01-01,\n", &rules[..1]),
    ]
    .map(|folder| {
        let set = load(&folder).unwrap_or_else(|problems| panic!("{problems}"));
        (folder, Arc::new(set))
    })
});

/// Rules that turn on every few days, by the machine's own clock and by how long updates wait.
fn touchy_rules() -> Vec<(String, String)> {
    let days = [2, 4, 6, 8, 10, 13, 16, 20];
    let touchy = |day: i32| {
        let installed = format!("\"patches.installed_at\" = {{ max_age = \"{day}d\" }}");
        let pending = format!("\"patches.security_pending_days\" = {{ max = {day} }}");
        [("i", installed), ("p", pending)].map(|(kind, clause)| {
            let id = format!("{kind}{day}");
            let text = rule(&id, "minor", &format!("[require]\n{clause}\n"));
            (format!("rules/{id}.toml"), text)
        })
    };
    days.into_iter().flat_map(touchy).collect()
}

impl Office {
    pub(in crate::store::tests) async fn open() -> Self {
        let world = world(1).await;
        let record = TokenRecord {
            id: "long".to_owned(),
            row: None,
            unit: None,
            registered_only: false,
            from: Vec::new(),
            uses: 200,
            used: 0,
            created_at: NOW,
            expires_at: NOW + 1000 * DAY,
            revoked_at: None,
        };
        let token = KeptToken { secret_hash: [4; 32], record };
        world
            .store
            .submit(CreateTokens { tokens: vec![token], entry: entry(Action::TokenCreated) })
            .await
            .unwrap();
        let set = BOOKS[0].1.clone();
        let live = Live::new(set.clone(), Fleet::default(), NOW);
        let mut office =
            Self { world, live, set, machines: Vec::new(), now: NOW, asked: Vec::new() };
        office.edit(0).await;
        for row in [Some(0), None] {
            office.enrol(row).await;
        }
        office
    }

    pub(in crate::store::tests) async fn go(&mut self, step: Move) {
        match step {
            Move::Wait(seconds) => self.now = self.now + seconds,
            Move::Enrol(row) => self.enrol(row).await,
            Move::Report(says) => self.report(&says).await,
            Move::Beat(machine, lag, on) => self.beat(machine, lag, on).await,
            Move::Decide(decision, machine) => self.decide(decision, machine).await,
            Move::Edit(book) => self.edit(book).await,
            Move::Ask => self.ask(),
        }
    }

    /// Writes down what is said of everyone, and lets the moment be over.
    pub(in crate::store::tests) fn ask(&mut self) {
        self.live.advance(&self.set, self.now);
        self.asked.push((self.now, Told::by(&self.live)));
        self.now = self.now + 1;
    }

    /// What the archive says of a moment.
    pub(in crate::store::tests) fn told_again(&self, at: Timestamp, known: AsKnown) -> Told {
        Told::by(&self.live_at(at, known))
    }

    pub(in crate::store::tests) fn store(&self) -> &Store {
        &self.world.store
    }

    pub(in crate::store::tests) fn file(&self) -> std::path::PathBuf {
        self.world.folder.path().join("store.sqlite")
    }

    pub(in crate::store::tests) fn archive(&self) -> Archive {
        Archive::new(self.file())
    }

    /// Everyone as the archive has them at a moment.
    pub(in crate::store::tests) fn live_at(&self, at: Timestamp, known: AsKnown) -> Live {
        let archive = self.archive();
        let then = Folder::from_files(archive.policies_at(at).unwrap().unwrap()).hash();
        let (_, then) = BOOKS.iter().find(|(folder, _)| folder.hash() == then).unwrap();
        let set = match known {
            AsKnown::Then => then.clone(),
            AsKnown::Now => self.set.clone(),
        };
        Live::of_past(set, archive.fleet_at(at, known).unwrap(), at, known)
    }

    pub(in crate::store::tests) async fn edit(&mut self, book: usize) {
        let (folder, set) = &BOOKS[book];
        let files = folder.files().map(|(path, text)| (path.to_owned(), text.to_owned()));
        let (hash, at) = (set.hash.to_string(), self.now);
        let entry = entry(Action::PoliciesInForce);
        let in_force = PoliciesInForce { hash, files: files.collect(), at, entry };
        self.world.store.submit(in_force).await.unwrap();
        self.set = set.clone();
        self.live.advance(set, at);
    }

    pub(in crate::store::tests) async fn enrol(&mut self, row: Option<usize>) {
        let number = u8::try_from(self.machines.len() + 1).unwrap();
        let row = row.map(|row| format!("pc-{row}"));
        let token = "long".to_owned();
        let unit = Some("so".to_owned());
        let enrol = Enrol { token, unit, at: self.now, ..enrolment(number, row.as_deref()) };
        let (id, unit, at) = (enrol.machine, enrol.unit.clone(), enrol.at);
        let standing = self.world.store.submit(enrol).await.unwrap().unwrap();
        self.live.joined(id, row, unit, standing, at);
        self.machines.push(Pc { number, clock: 0, sequence: 0, digest: None });
    }

    pub(in crate::store::tests) async fn report(&mut self, says: &Says) {
        let Some(pc) = self.machines.get_mut(says.machine) else {
            return;
        };
        pc.sequence += 1;
        pc.clock = says.clock.unwrap_or(pc.clock);
        let seen_at = self.now - says.lag + pc.clock;
        let mut observations = facts(says.facts, seen_at, pc.clock);
        let all = observations.len();
        let keeps = |place: usize| says.without & 1 << place == 0;
        let mut places = (0..all).map(keeps);
        observations.retain(|_| places.next().unwrap());
        let report = Report {
            machine: MachineId::from_bytes([pc.number; 16]),
            agent: Text::new("0.1.0").unwrap(),
            fingerprint: fingerprint(says.on),
            incarnation: Incarnation::from_bytes([5; 16]),
            sequence: Sequence(pc.sequence),
            sent_at: self.now + pc.clock,
            observations,
        };
        let received = wire::decode_report(wire::encode_report(&report).as_bytes()).unwrap();
        let admitted = admit(&sender(pc.number, self.now), received).unwrap();
        pc.digest = Some(admitted.introduction().mark.digest);
        let stored = self.world.store.submit(StoreReport(admitted)).await.unwrap();
        if let Ok(stored) = stored {
            self.live.keep(&stored);
        }
    }

    pub(in crate::store::tests) async fn beat(&mut self, machine: usize, lag: i64, on: Hardware) {
        let Some(pc) = self.machines.get_mut(machine) else {
            return;
        };
        let Some(digest) = pc.digest else {
            return;
        };
        pc.sequence += 1;
        let heartbeat = wire::Heartbeat {
            machine: MachineId::from_bytes([pc.number; 16]),
            fingerprint: fingerprint(on),
            incarnation: Incarnation::from_bytes([5; 16]),
            sequence: Sequence(pc.sequence),
            sent_at: self.now + pc.clock,
            observed_at: self.now - lag + pc.clock,
            digest,
        };
        let admitted = admit_heartbeat(&sender(pc.number, self.now), heartbeat).unwrap();
        if let Ok(heard) = self.world.store.submit(StoreHeartbeat(admitted)).await.unwrap() {
            self.live.hear(&heard);
        }
    }

    pub(in crate::store::tests) async fn decide(&mut self, decision: Decision, machine: usize) {
        let Some(pc) = self.machines.get(machine) else {
            return;
        };
        let decision = Decide { at: self.now, ..decide(decision, &[pc.number]) };
        let decided = self.world.store.submit(decision).await.unwrap();
        for change in decided.iter().filter_map(Decided::change) {
            self.live.changed(change, self.now);
        }
    }
}

fn fingerprint(on: Hardware) -> Fingerprint {
    match on {
        Hardware::Own => HARDWARE,
        Hardware::Copy(number) => Fingerprint::from_bytes([number; 32]),
    }
}

/// What a machine sees: everything is well, or one thing is not.
fn facts(number: usize, seen_at: Timestamp, clock: i64) -> Vec<Observation> {
    let mut machine = good_machine(1, None);
    let pending = |count, names: &str| {
        [
            ("patches.security_pending", known(Value::Count(count))),
            ("patches.security_names", known(text(names))),
            ("patches.security_sources", known(Value::Count(1))),
            // By the machine's own clock, and the same whatever that shows.
            ("patches.installed_at", known(Value::Moment(report::Moment::machine(NOW - DAY)))),
            ("patches.refreshed_at", known(Value::Moment(report::Moment::machine(seen_at)))),
        ]
    };
    match number {
        1 => observe_antivirus(&mut machine, Vec::new(), true),
        2 => observe_antivirus(&mut machine, vec![good_product("eset")], false),
        3 => observe(&mut machine, Topic::Patches, NOW, &pending(3, "a b")),
        4 => observe(&mut machine, Topic::Patches, NOW, &pending(2, "b c")),
        // Without names, those that wait are others each time.
        7 => observe(&mut machine, Topic::Patches, NOW, &pending(1, "")),
        5 => observe(&mut machine, Topic::Patches, NOW, &pending(0, "")),
        6 => observe(
            &mut machine,
            Topic::Assignment,
            NOW,
            &[("assignment.level", known(Value::Count(3)))],
        ),
        _ => {}
    }
    let topics = machine.topics.into_values();
    let mut seen: Vec<_> =
        topics.map(|kept| Observation { observed_at: seen_at, ..kept.observation }).collect();
    for observation in &mut seen {
        if let Outcome::Observed(facts) = &mut observation.outcome
            && observation.topic == Topic::Machine
        {
            let booted = Value::Moment(report::Moment::machine(seen_at - clock));
            facts.insert(key("machine.booted_at"), Reading::from(known(booted)));
        }
    }
    seen
}
