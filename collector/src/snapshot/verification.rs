//! A snapshot, held against what it was made from.

use std::collections::BTreeMap;
use std::sync::Arc;

use report::Lang;
use serde::{Deserialize, Serialize};

use super::{Content, Entry, Outcomes, Snapshot, inputs};
use crate::audit::head::Head;
use crate::audit::key::PublicKey;
use crate::audit::verification::HeadFinding;
use crate::live::Live;
use crate::past::Past;
use crate::policy::judge::JUDGE;
use crate::policy::{Folder, words};
use crate::when::AsKnown;

/// How many of those that differ are named.
const NAMED: usize = 10;

/// What came of holding a snapshot against what it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// What the snapshot says of itself.
    #[serde(flatten)]
    pub entry: Entry,
    /// What is wrong; empty: nothing.
    pub findings: Vec<Finding>,
    /// The version and the revision of the judge that looked, where it is not the one that made it.
    pub other_judge: Option<(String, u32)>,
}

/// Something that is wrong with a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// What it holds or says of itself is not what its digest is over.
    Digest,
    /// Its digest is not signed by the key that signs the logs.
    Signature,
    /// The head that it holds is none, or of another key.
    Head,
    /// The logs no longer hold what its head names.
    Logs(Vec<HeadFinding>),
    /// Its policy set is not in the store, is another one, or no longer loads.
    Policies(String),
    /// What it holds cannot be read.
    Unreadable(String),
    /// The figures come out otherwise: the names of those that do.
    Figures(Vec<String>),
    /// Members come out otherwise: how many, and the names of the first.
    Members(u64, Vec<String>),
}

impl Finding {
    /// In words.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        let both = match self {
            Self::Digest => [
                "nội dung không khớp mã băm: đã bị sửa".to_owned(),
                "the content is not what the digest is over: it was changed".to_owned(),
            ],
            Self::Signature => [
                "chữ ký không phải của khóa ký nhật ký".to_owned(),
                "it is not signed by the key that signs the logs".to_owned(),
            ],
            Self::Head => [
                "đầu nhật ký không hợp lệ hoặc do khóa khác ký".to_owned(),
                "its head of the logs is none, or signed by another key".to_owned(),
            ],
            Self::Logs(_) => [
                "nhật ký không còn khớp với đầu nhật ký của bản chốt: chạy `audit verify`"
                    .to_owned(),
                "the logs no longer hold what its head names: run `audit verify`".to_owned(),
            ],
            Self::Policies(why) => [
                format!("không dùng được bộ chính sách: {why}"),
                format!("its policy set is of no use: {why}"),
            ],
            Self::Unreadable(why) => {
                [format!("không đọc được: {why}"), format!("it cannot be read: {why}")]
            }
            Self::Figures(which) => {
                let which = which.join(", ");
                [format!("số liệu tính lại khác: {which}"), format!("figures differ: {which}")]
            }
            Self::Members(count, first) => {
                let (first, rest) = (first.join(", "), first.len() as u64);
                let more = if *count > rest { ", …" } else { "" };
                [
                    format!(
                        "{} máy tính có kết quả tính lại khác: {first}{more}",
                        words::number(*count, Lang::Vi)
                    ),
                    format!(
                        "{} machines come out otherwise: {first}{more}",
                        words::number(*count, Lang::En)
                    ),
                ]
            }
        };
        words::pick(both, lang)
    }
}

/// Judges the kept inputs again by the kept set, and looks whether anything else was changed since
/// the owner of the key signed it.
#[must_use]
pub fn verify(snapshot: &Snapshot, past: &Past, key: &PublicKey) -> Verification {
    let Snapshot { entry, content } = snapshot;
    let mut findings = Vec::new();
    let is_ours = snapshot.is_covered() && snapshot.is_signed(key);
    if !snapshot.is_covered() {
        findings.push(Finding::Digest);
    }
    if !snapshot.is_signed(key) {
        findings.push(Finding::Signature);
    }
    findings.extend(head_finding(&entry.cover.head, past, key));
    // Who puts something else in its place chooses what it unpacks to.
    match is_ours.then(|| judged_again(entry, content, past)) {
        Some(Ok((said, now))) => findings.extend(differences(&said, &now)),
        Some(Err(finding)) => findings.push(finding),
        None => {}
    }
    let version = env!("CARGO_PKG_VERSION");
    let is_another = entry.cover.version != version || entry.cover.judge != JUDGE;
    let other_judge = is_another.then(|| (version.to_owned(), JUDGE));
    Verification { entry: entry.clone(), findings, other_judge }
}

/// What is wrong with the head that it holds, or with the logs by it.
fn head_finding(line: &str, past: &Past, key: &PublicKey) -> Option<Finding> {
    let head = line.parse::<Head>().ok().filter(|head| head.key == *key && head.is_signed());
    let Some(head) = head else {
        return Some(Finding::Head);
    };
    match past.archive.hold(std::slice::from_ref(&head), key) {
        Ok(findings) => (!findings.is_empty()).then_some(Finding::Logs(findings)),
        Err(error) => Some(Finding::Unreadable(error.to_string())),
    }
}

/// What the snapshot says, and what its inputs give now.
fn judged_again(
    entry: &Entry,
    content: &Content,
    past: &Past,
) -> Result<(Outcomes, Outcomes), Finding> {
    let said = Outcomes::unpack(&content.outcomes).map_err(Finding::Unreadable)?;
    let fleet = inputs::unpack(&content.inputs).map_err(Finding::Unreadable)?;
    let refuse = |why: &dyn std::fmt::Display| Finding::Policies(why.to_string());
    let hash = &entry.cover.policies;
    let files = past.archive.policies_of(hash).map_err(|error| refuse(&error))?;
    let folder = files.map(Folder::from_files).filter(|folder| folder.hash().to_string() == *hash);
    let folder =
        folder.ok_or_else(|| refuse(&format!("no set in the store has the hash {hash}")))?;
    let set = past.source.load(&folder).map_err(|fault| refuse(&fault))?;
    let live = Live::of_past(Arc::new(set), fleet, entry.cover.at, AsKnown::Then);
    Ok((said, Outcomes::of(&live)))
}

fn differences(said: &Outcomes, now: &Outcomes) -> Vec<Finding> {
    let mut figures: Vec<String> = Vec::new();
    let targets = |outcomes: &Outcomes| {
        let targets = outcomes.targets.iter().map(|one| (one.target.clone(), one.clone()));
        targets.collect::<BTreeMap<_, _>>()
    };
    figures.extend(differing(&targets(said), &targets(now)));
    figures.extend(differing(&said.states, &now.states));
    if (said.declared, said.sample) != (now.declared, now.sample) {
        figures.push("declared".to_owned());
    }
    let members = |outcomes: &Outcomes| {
        let members = outcomes.members.iter().map(|one| (one.name(), one.clone()));
        members.collect::<BTreeMap<_, _>>()
    };
    let others = differing(&members(said), &members(now));
    let count = others.len() as u64;
    let figures = (!figures.is_empty()).then_some(Finding::Figures(figures));
    let first = others.into_iter().take(NAMED).collect();
    let members = (count > 0).then_some(Finding::Members(count, first));
    figures.into_iter().chain(members).collect()
}

/// The names under which two lists do not have the same.
fn differing<T: PartialEq>(one: &BTreeMap<String, T>, other: &BTreeMap<String, T>) -> Vec<String> {
    let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
    names.filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}
