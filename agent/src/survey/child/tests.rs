//! Children that do not do what they should. The real one is asked in `tests/uplink`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::*;
use crate::host::program::tests::lingering;
use crate::probes::assignment::AssignmentClaims;

const NOW: Timestamp = Timestamp(1_795_318_200);

/// An agent's program that is a script.
struct Pretender(TempDir);

impl Pretender {
    fn who(script: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let program = folder.path().join("agent");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    fn child(&self) -> Child {
        Child::of(&self.0.path().join("agent"))
    }

    async fn answers(&self) -> Vec<Observation> {
        self.child().survey(&subject(), NOW).await
    }
}

fn subject() -> Subject {
    Subject { host: Host::at("/nowhere".into()), claims: AssignmentClaims::default() }
}

fn reasons(observations: &[Observation]) -> Vec<Option<Reason>> {
    let topics: Vec<_> = observations.iter().map(|it| it.topic).collect();
    assert_eq!(topics, Topic::ALL);
    let reason = |it: &Observation| match &it.outcome {
        Outcome::Failed(why) => Some(why.reason),
        Outcome::Observed(_) | Outcome::NotApplicable(_) => None,
    };
    observations.iter().map(reason).collect()
}

/// What the survey comes to after the first topic.
fn after_the_first(first: Option<Reason>, rest: Reason) -> Vec<Option<Reason>> {
    let mut reasons = vec![Some(rest); Topic::ALL.len()];
    reasons[0] = first;
    reasons
}

const GOOD: &str = r#"echo 'machine {"observed_at":1,"not_applicable":"a test"}'"#;

#[tokio::test]
async fn a_child_that_dies_costs_the_topics_it_did_not_come_to() {
    for death in ["kill -KILL $$", "exit 134", "printf 'assignment {\"obs'; kill -ABRT $$"] {
        let observations = Pretender::who(&format!("{GOOD}; {death}")).answers().await;
        let told = after_the_first(None, Reason::ProviderError);
        assert_eq!(reasons(&observations), told, "{death}");
        assert_eq!(observations[0].observed_at, Timestamp(1), "{death}");
    }
}

#[tokio::test]
async fn a_child_that_hangs_is_killed_and_what_it_said_counts() {
    let pretender = Pretender::who(&format!("{GOOD}; sleep 1000"));
    let child = Child { limit: Duration::from_millis(300), ..pretender.child() };
    for _ in 0..2 {
        let observations = child.survey(&subject(), NOW).await;
        assert_eq!(reasons(&observations), after_the_first(None, Reason::Timeout));
    }
}

#[tokio::test]
async fn a_child_that_never_stops_talking_is_cut_short() {
    let observations = Pretender::who(&format!("{GOOD}; yes")).answers().await;
    assert_eq!(reasons(&observations), after_the_first(None, Reason::TooLarge));
}

#[tokio::test]
async fn without_a_child_every_topic_says_why() {
    let child = Child::of(Path::new("/usr/bin/no-such-program"));
    let observations = child.survey(&subject(), NOW).await;
    assert_eq!(reasons(&observations), [Some(Reason::ProviderError); Topic::ALL.len()]);
    let Outcome::Failed(why) = &observations[0].outcome else { panic!("{observations:?}") };
    assert!(why.detail.as_ref().unwrap().as_str().contains("no-such-program"), "{why:?}");
}

#[tokio::test]
async fn the_question_names_who_asks_and_what_is_looked_at() {
    let pretender =
        Pretender::who("cat > \"${0%/*}/question\"; echo \"$@\" > \"${0%/*}/arguments\"");
    pretender.answers().await;
    let read = |name| durable::read(&pretender.0.path().join(name), 1 << 16).unwrap().unwrap();
    assert_eq!(read("arguments"), b"look --root /nowhere\n");
    let question: Question = serde_json::from_slice(&read("question")).unwrap();
    assert_eq!(question.parent, process::id());
    assert_eq!((question.topics(), question.now), (Topic::ALL.to_vec(), NOW));
}

#[tokio::test]
async fn what_a_child_that_cannot_be_killed_hangs_on_is_left_alone_until_it_is_gone() {
    let pretender = Pretender::who("sed 's/.*topics//' > \"${0%/*}/topics\"");
    let asked = || {
        let topics = durable::read(&pretender.0.path().join("topics"), 1 << 16);
        String::from_utf8(topics.unwrap().unwrap()).unwrap()
    };
    let child = pretender.child();
    let (remains, go) = lingering();
    lock(&child.hanging).push(Hanging { remains, topics: vec![Topic::Patches] });
    let observations = child.survey(&subject(), NOW).await;
    let other = Some(Reason::ProviderError);
    let told = Topic::ALL.map(|topic| match topic {
        Topic::Patches => Some(Reason::Timeout),
        _ => other,
    });
    assert_eq!(reasons(&observations), told);
    assert!(!asked().contains("patches"), "{}", asked());

    go();
    while !child.hanging().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let observations = child.survey(&subject(), NOW).await;
    assert_eq!(reasons(&observations), [other; Topic::ALL.len()]);
    assert!(asked().contains("patches"), "{}", asked());
}

#[test]
fn a_child_that_cannot_be_killed_blocks_what_it_hangs_on() {
    let timed_out = missing(Topic::Patches, NOW, &Missing::StillHanging);
    let seen = Observation {
        topic: Topic::Machine,
        observed_at: NOW,
        outcome: Outcome::NotApplicable(report::Text::new("a test").unwrap()),
    };
    assert_eq!(hung_on(&[seen.clone(), timed_out]), [Topic::Patches]);
    assert_eq!(hung_on(&[seen]), [Topic::Machine]);
}

/// What a child was asked that kept its question.
fn resting(pretender: &Pretender) -> Vec<String> {
    let question = durable::read(&pretender.0.path().join("question"), 1 << 16).unwrap().unwrap();
    let question: Question = serde_json::from_slice(&question).unwrap();
    question.resting.into_keys().collect()
}

#[tokio::test]
async fn what_did_not_answer_rests_until_it_has_answered_again() {
    let pretender = Pretender::who(
        r#"cd "${0%/*}"; cat > question
        grep -q /opt/a question || echo 'asked {"/opt/a":"badly","/opt/b":"well"}'"#,
    );
    let child = pretender.child();
    let mut seen = Vec::new();
    for minutes in [0, 15, 59, 60, 75, 179, 180] {
        child.survey(&subject(), NOW + minutes * 60).await;
        seen.push(resting(&pretender));
    }
    let rests = &["/opt/a"][..];
    let resting = [&[], rests, rests, &[], rests, rests, &[]];
    assert_eq!(seen, resting);
}

#[tokio::test]
async fn an_answer_that_costs_much_is_told_to_the_children_of_the_next_six_hours() {
    let pretender = Pretender::who(
        r#"cd "${0%/*}"; cat > question
        grep -q '"known":{"wua"' question || echo 'answered {"wua":"[7]"}'"#,
    );
    let child = pretender.child();
    let mut seen = Vec::new();
    for hours in [0, 1, 5, 6, 7, 11, 12] {
        child.survey(&subject(), NOW + hours * 3_600).await;
        let question = durable::read(&pretender.0.path().join("question"), 1 << 16);
        let question: Question = serde_json::from_slice(&question.unwrap().unwrap()).unwrap();
        seen.push(question.known.get("wua").cloned());
    }
    let known = Some("[7]".to_owned());
    assert_eq!(seen, [None, known.clone(), known.clone(), None, known.clone(), known, None]);
}
