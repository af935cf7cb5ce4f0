//! Who this machine is: joined, with a key of its own, on the hardware it joined with.

use report::{Bilingual, Timestamp};

use super::state::Openness;
use super::{Check, Question};
use crate::certificate::Validity;
use crate::contacts::Contacts;
use crate::fingerprint::{FingerprintError, fingerprint};
use crate::host::Host;
use crate::host::rights::Rights;
use crate::identity::{Identity, IdentityError};
use crate::remedies::HERE;
use crate::state::StateDir;
use crate::words::{moment, span};

/// What was found of it.
pub(super) struct Known {
    pub(super) checks: Vec<Check>,
    pub(super) identity: Option<Identity>,
    /// When a collector last answered, by its clock.
    pub(super) heard: Timestamp,
}

pub(super) fn examine(
    state: &StateDir,
    host: &Host,
    is_open: Openness,
    rights: Rights,
    now: Timestamp,
) -> Known {
    if is_open == Openness::Closed {
        let why = is_open.reason().unwrap_or_default();
        let questions = [Question::Identity, Question::Certificate, Question::Hardware];
        let checks = questions.map(|question| Check::untested(question, why.clone()));
        return Known { checks: checks.into(), identity: None, heard: Timestamp(0) };
    }
    let loaded = Identity::load(state);
    let mut checks = vec![is_there(&loaded)];
    let Ok(identity) = loaded else {
        let why = Bilingual::new("không có danh tính dùng được", "there is no identity to use");
        let questions = [Question::Certificate, Question::Hardware];
        checks.extend(questions.map(|question| Check::untested(question, why.clone())));
        return Known { checks, identity: None, heard: Timestamp(0) };
    };
    checks.push(is_in_its_dates(identity.validity, now));
    let hardware = fingerprint(host).map(|found| identity.belongs_to(&found).is_ok());
    checks.push(is_this_hardware(hardware, rights));
    let heard = Contacts::load(state, identity.machine).map_or(Timestamp(0), |it| it.heard());
    Known { checks, identity: Some(identity), heard }
}

fn is_there(loaded: &Result<Identity, IdentityError>) -> Check {
    let question = Question::Identity;
    match loaded {
        Ok(identity) => Check::fine(question, Bilingual::same(identity.machine.to_string())),
        Err(IdentityError::NotEnrolled(_)) => {
            Check::failed(question, Bilingual::new("chưa ghi danh", "not enrolled"), enrol())
        }
        Err(IdentityError::ExposedKey { path, exposure }) => Check::failed(
            question,
            Bilingual::new(
                format!("người dùng khác đọc được khóa bí mật ({exposure})"),
                format!("others may read the key ({exposure})"),
            ),
            if_nobody_did(&HERE.keep_file(path)),
        ),
        Err(error) => Check::failed(question, Bilingual::same(error.to_string()), enrol_anew()),
    }
}

fn enrol() -> Bilingual {
    Bilingual::new(
        "ghi danh: lachan-agent enrol --token-file TỆP, với mã do máy chủ thu nhận cấp",
        "enrol: lachan-agent enrol --token-file FILE, with a token from the collector",
    )
}

fn enrol_anew() -> Bilingual {
    Bilingual::new(
        "ghi danh lại: lachan-agent enrol --replace --token-file TỆP",
        "enrol anew: lachan-agent enrol --replace --token-file FILE",
    )
}

fn if_nobody_did(keep: &str) -> Bilingual {
    Bilingual::new(
        format!("nếu chắc chắn chưa ai đọc: {keep}; nếu không, ghi danh lại với --replace"),
        format!("if nobody did: {keep}; else enrol anew with --replace"),
    )
}

/// What becomes of a certificate that is over, by whosever clock.
pub(super) fn renews_itself() -> Bilingual {
    Bilingual::new(
        "tác tử tự gia hạn ở lần liên lạc tới; nếu đã quá 400 ngày, ghi danh lại với --replace",
        "the agent renews it at the next contact; after 400 days enrol anew with --replace",
    )
}

fn is_in_its_dates(validity: Validity, now: Timestamp) -> Check {
    use report::Lang::{En, Vi};
    let question = Question::Certificate;
    let Validity { not_before, not_after } = validity;
    if now < not_before {
        return Check::finding(
            question,
            Bilingual::new(
                format!("mới có hiệu lực từ {}", moment(not_before, Vi)),
                format!("it begins at {} only", moment(not_before, En)),
            ),
            Bilingual::new("chỉnh đồng hồ máy", "put this machine's clock right"),
        );
    }
    if now > not_after {
        return Check::finding(
            question,
            Bilingual::new(
                format!("hết hạn {}", moment(not_after, Vi)),
                format!("it ended at {}", moment(not_after, En)),
            ),
            renews_itself(),
        );
    }
    let left = span(not_after.since(now));
    Check::fine(
        question,
        Bilingual::new(
            format!("còn {}, đến {}", left.vi, moment(not_after, Vi)),
            format!("{} left, until {}", left.en, moment(not_after, En)),
        ),
    )
}

/// Whether this is the hardware of the identity, where that can be told.
fn is_this_hardware(is_ours: Result<bool, FingerprintError>, rights: Rights) -> Check {
    use report::Lang::{En, Vi};
    let question = Question::Hardware;
    let (account, run) = (HERE.account(), HERE.with_all_rights());
    match is_ours {
        Ok(true) => Check::fine(
            question,
            Bilingual::new("đúng máy đã ghi danh", "the machine that enrolled"),
        ),
        Ok(false) | Err(_) if rights == Rights::Few => Check::untested(
            question,
            Bilingual::new(
                format!("chỉ {account} đọc được mã phần cứng: {}", run.get(Vi)),
                format!("the marks of the hardware are {account}'s to read: {}", run.get(En)),
            ),
        ),
        Ok(false) => Check::failed(
            question,
            Bilingual::new(
                "danh tính thuộc phần cứng khác (đĩa được sao chép?) hoặc người dùng khác",
                "the identity is that of other hardware (a copied disk?) or another user",
            ),
            enrol_anew(),
        ),
        Err(error) => Check::failed(
            question,
            Bilingual::same(error.to_string()),
            Bilingual::new(
                format!("nếu máy không có mã phần cứng nào: {}", HERE.make_machine_id()),
                format!("where the hardware bears no mark at all: {}", HERE.make_machine_id()),
            ),
        ),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::doctor::Health;
    use crate::durable::Exposure;

    const VALIDITY: Validity = Validity { not_before: Timestamp(1000), not_after: Timestamp(2000) };

    #[test]
    fn every_fault_of_an_identity_has_its_own_remedy() {
        let remedy = |error| is_there(&Err(error)).remedy.unwrap().en;
        let path = || PathBuf::from("/s/key.pem");
        assert!(remedy(IdentityError::NotEnrolled(path())).contains("enrol --token-file"));
        let exposed = IdentityError::ExposedKey { path: path(), exposure: Exposure::of(0o644) };
        assert!(remedy(exposed).contains("chmod 600 /s/key.pem"));
        let damaged = IdentityError::Damaged { path: path(), why: "empty".to_owned() };
        assert!(remedy(damaged).contains("--replace"));
    }

    #[test]
    fn a_certificate_out_of_its_dates_is_a_finding_because_it_heals_itself() {
        let health = |now| is_in_its_dates(VALIDITY, Timestamp(now)).health;
        assert_eq!(health(999), Health::Finding);
        assert_eq!(health(1000), Health::Fine);
        assert_eq!(health(2000), Health::Fine);
        assert_eq!(health(2001), Health::Finding);
    }

    #[test]
    fn only_root_can_tell_that_hardware_is_other_hardware() {
        let somebody = Rights::Few;
        assert_eq!(is_this_hardware(Ok(true), somebody).health, Health::Fine);
        assert_eq!(is_this_hardware(Ok(false), somebody).health, Health::Untested);
        assert_eq!(is_this_hardware(Ok(false), Rights::Full).health, Health::Failed);
        let no_mark = is_this_hardware(Err(FingerprintError::NoMark), Rights::Full);
        assert!(no_mark.remedy.unwrap().en.contains("systemd-machine-id-setup"));
    }
}
