//! What the judge makes of the patch level of recorded Windows machines on 22 November 2026, from the
//! probes over the wire to the rules that ship.

use std::collections::BTreeMap;

use agent::host::Host;
use agent::probes::assignment::AssignmentClaims;
use agent::probes::{Context, probes};
use collector::machine::{Contact, Held, Kept, Lexicon, Machine, MachineView, Standing};
use collector::policy::explanation::{Explanation, tell};
use collector::policy::starter::starter_files;
use collector::policy::{Day, Folder, JudgeClock, PolicySet, Subject, load};
use harness::Root;
use report::moment::DAY;
use report::verdict::Ruling;
use report::wire::{decode_topic, topic_json};
use report::{Lang, MachineId, Observation, Platform, Timestamp, Topic};
use tempfile::TempDir;

/// Ten in the morning in Vietnam.
const NOW: Timestamp = Timestamp(1_795_316_400);

/// A recorded machine that may be changed.
struct Recorded {
    root: Root,
    _folder: TempDir,
}

impl Recorded {
    fn of(recording: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let root = Root::copy_as_of(recording, &folder.path().join("root"), NOW - DAY);
        Self { root, _folder: folder }
    }

    /// With a value of the registry that is another; both as an export writes them.
    fn with(self, from: &str, to: &str) -> Self {
        self.root.edit("registry.reg", from, to);
        self
    }

    /// What the rules say of it, where the table of builds is kept up to date.
    fn judged(&self) -> Judged {
        let host = Host::at(self.root.path().to_owned());
        let context = Context { claims: &AssignmentClaims::default(), now: NOW };
        let topics = probes(Platform::Windows)
            .iter()
            .filter(|(topic, _)| [Topic::Machine, Topic::Patches].contains(topic))
            .map(|(topic, probe)| (*topic, kept(*topic, probe(&host, &context))));
        let machine = machine(topics.collect());
        let (set, mut lexicon) = (policies(), Lexicon::default());
        let held = Held::pack(machine, &mut lexicon);
        let subject = Subject::of(&set, MachineView::new(&held, &lexicon), NOW);
        Judged(tell(&set, &Day::of(&set, NOW), &subject, JudgeClock::at(NOW), &|_| 0))
    }
}

/// An observation as the collector reads it.
fn kept(topic: Topic, outcome: report::Outcome) -> Kept {
    let observation = Observation { topic, observed_at: NOW, outcome };
    let received = decode_topic(topic, &topic_json(&observation).to_string(), NOW);
    assert!(received.unjudged.is_empty(), "{:?}", received.unjudged);
    Kept::new(received.observation, Contact { at: NOW, skew: 0 })
}

fn machine(topics: BTreeMap<Topic, Kept>) -> Machine {
    Machine {
        id: MachineId::from_bytes([7; 16]),
        row: None,
        token_unit: None,
        clone_of: None,
        standing: Standing::Current,
        enrolled_at: NOW - 90 * DAY,
        last_contact: Contact { at: NOW, skew: 0 },
        topics,
        security_pending_since: None,
    }
}

fn policies() -> PolicySet {
    let kept_up = |path: &str, text: &str| match path {
        "catalogue/windows-builds.toml" => text.lines().map(kept_up).collect(),
        _ => text.to_owned(),
    };
    let files = starter_files().iter().map(|(path, text)| (*path, kept_up(path, text)));
    load(&Folder::from_files(files)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A line of the table of builds as somebody has it who keeps it up: with October's update of
/// Windows 11.
fn kept_up(line: &str) -> String {
    const OCTOBER: &str = "    { revision = 9800, date = 2026-10-13, security = true },\n";
    match line {
        date if date.starts_with("data_date") => "data_date = 2026-11-20\n".to_owned(),
        newest if newest.contains("revision = 9550,") => format!("{newest}\n{OCTOBER}"),
        other => format!("{other}\n"),
    }
}

/// What was said of a machine, and why.
struct Judged(Explanation);

impl Judged {
    fn rule(&self, id: &str) -> Ruling {
        let rule = self.0.rules.iter().find(|rule| rule.rule == id);
        rule.unwrap_or_else(|| panic!("no rule {id}")).outcome
    }

    /// What is known of a fact, in words.
    fn found(&self, fact: &str) -> String {
        let told = self.0.facts.get(fact).unwrap_or_else(|| panic!("{fact}: {:#?}", self.0.facts));
        told.found.get(Lang::En).to_owned()
    }

    /// Everything that is told of a fact.
    fn told(&self, fact: &str) -> String {
        serde_json::to_string(&self.0.facts[fact]).unwrap()
    }
}

const SUPPORTED: &str = "os-supported";
const UNTIL: &str = "os.supported_until";

#[test]
fn windows_11_24h2_pro_is_past_its_end() {
    let judged = Recorded::of("windows11-defender").judged();
    assert_eq!(judged.rule(SUPPORTED), Ruling::Fail);
    assert!(judged.told(UNTIL).contains("Windows 11 24H2 Home, Pro"), "{}", judged.told(UNTIL));
}

#[test]
fn windows_11_24h2_enterprise_is_not() {
    let judged = Recorded::of("windows11-wsus").judged();
    assert_eq!(judged.rule(SUPPORTED), Ruling::Pass);
    assert!(judged.told(UNTIL).contains("24H2 Enterprise"), "{}", judged.told(UNTIL));
}

#[test]
fn enterprise_s_of_the_same_build_is_ltsc() {
    let ltsc = Recorded::of("windows11-wsus")
        .with("\"EditionID\"=\"Enterprise\"", "\"EditionID\"=\"EnterpriseS\"");
    let judged = ltsc.judged();
    assert_eq!(judged.rule(SUPPORTED), Ruling::Pass);
    assert!(judged.told(UNTIL).contains("LTSC 2024"), "{}", judged.told(UNTIL));
}

#[test]
fn a_server_of_the_same_build_is_server_2025() {
    let server = Recorded::of("windows-server-2022").with("\"20348\"", "\"26100\"");
    let judged = server.judged();
    assert_eq!(judged.rule(SUPPORTED), Ruling::Pass);
    assert!(judged.told(UNTIL).contains("Windows Server 2025"), "{}", judged.told(UNTIL));
}

#[test]
fn server_2022_is_supported_though_its_mainstream_support_is_over() {
    let judged = Recorded::of("windows-server-2022").judged();
    assert_eq!(judged.rule(SUPPORTED), Ruling::Pass);
    assert!(judged.told(UNTIL).contains("Windows Server 2022"), "{}", judged.told(UNTIL));
}

#[test]
fn a_revision_after_the_last_free_one_proves_extended_updates() {
    let home = |revision: &str| {
        let machine = Recorded::of("windows10-bkav");
        let machine = machine.with("\"UBR\"=dword:00001cf9", &format!("\"UBR\"=dword:{revision}"));
        machine.judged()
    };
    // 19045.7000 had the first year of them, which ended in October; 19045.6456 never had any.
    let (extended, free) = (home("00001b58"), home("00001938"));
    assert!(extended.told(UNTIL).contains("ESU 1"), "{}", extended.told(UNTIL));
    assert!(extended.found(UNTIL).contains("2026-10-13"), "{}", extended.found(UNTIL));
    assert!(!free.told(UNTIL).contains("ESU"), "{}", free.told(UNTIL));
    assert!(free.found(UNTIL).contains("2025-10-14"), "{}", free.found(UNTIL));
}

#[test]
fn a_licence_for_extended_updates_is_believed_before_any_of_them_came() {
    let office = Recorded::of("windows10-kaspersky")
        .with("\"UBR\"=dword:00001cf9", "\"UBR\"=dword:00001938");
    let judged = office.judged();
    assert!(judged.told(UNTIL).contains("ESU 1"), "{}", judged.told(UNTIL));
}

#[test]
fn a_history_of_defender_alone_is_no_patch() {
    let judged = Recorded::of("windows11-defender").judged();
    assert_eq!(judged.rule("security-updates-installed"), Ruling::Fail);
    assert_eq!(judged.rule("patched-within-month"), Ruling::Fail);
}

#[test]
fn that_an_offices_server_approved_nothing_does_not_make_a_machine_up_to_date() {
    let judged = Recorded::of("windows11-wsus").judged();
    assert_eq!(judged.found("patches.security_pending"), "0");
    assert_eq!(judged.rule("patched-within-month"), Ruling::Fail);
}

#[test]
fn what_the_update_agent_does_not_say_is_unknown_and_passes_nowhere() {
    let judged = Recorded::of("windows-server-2022").judged();
    assert_eq!(judged.rule("security-updates-installed"), Ruling::Unknown);
    // Where it was turned off Windows is out of support as well, and that is known.
    let judged = Recorded::of("windows10-bkav").judged();
    assert_eq!(judged.rule("security-updates-installed"), Ruling::Fail);
}

#[test]
fn a_restart_that_waits_is_told() {
    let waits = Recorded::of("windows10-kaspersky").judged();
    assert_eq!(waits.rule("restarted-after-updates"), Ruling::Fail);
    let done = Recorded::of("windows11-eset").judged();
    assert_eq!(done.rule("restarted-after-updates"), Ruling::Pass);
}
