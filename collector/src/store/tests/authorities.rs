use super::*;

fn authority(n: u8, kind: &'static str) -> AuthorityRecord {
    AuthorityRecord { sha256: [n; 32], kind, not_after: NOW + 86_400 }
}

fn note(in_force: &[AuthorityRecord], at: Timestamp) -> NoteAuthorities {
    NoteAuthorities { in_force: in_force.to_vec(), at }
}

#[tokio::test]
async fn the_audit_log_tells_when_an_authority_came_and_went() {
    let world = world(1).await;
    let (old, new) = (authority(1, "machine-ca"), authority(2, "machine-ca"));
    let root = authority(3, "root");
    let steps = [
        (vec![root.clone(), old.clone()], 2),
        (vec![root.clone(), old.clone()], 0),
        (vec![root.clone(), old.clone(), new.clone()], 1),
        (vec![root.clone(), new.clone()], 1),
        (vec![root, old, new], 1),
    ];
    for (step, (in_force, entries)) in steps.into_iter().enumerate() {
        let at = NOW + i64::try_from(step).unwrap();
        assert_eq!(world.store.submit(note(&in_force, at)).await.unwrap(), entries, "step {step}");
    }
    let database = Connection::open(world.folder.path().join("store.sqlite")).unwrap();
    let mut logged = database
        .prepare(
            "SELECT at, action, substr(subject, 1, 4) FROM audit WHERE action LIKE 'authority%'",
        )
        .unwrap();
    let logged: Vec<(i64, String, String)> = logged
        .query_map([], |row| Ok((row.get::<_, i64>(0)? - NOW.0, row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let made = |at, of: &str| (at, "authority_made".to_owned(), of.to_owned());
    let retired = |at, of: &str| (at, "authority_retired".to_owned(), of.to_owned());
    let expected =
        [made(0, "0303"), made(0, "0101"), made(2, "0202"), retired(3, "0101"), made(4, "0101")];
    assert_eq!(logged, expected);
}

#[tokio::test]
async fn certificates_that_were_over_before_the_one_in_use_began_are_not_read_again() {
    let world = world(2).await;
    for n in [1, 2] {
        world.store.submit(enrolment(n, None)).await.unwrap().unwrap();
    }
    let machine = MachineId::from_bytes([1; 16]);
    let renewed = |n: u8, from: Timestamp| Renew {
        machine,
        fingerprint: HARDWARE,
        certificate: NewCertificate {
            not_before: from,
            not_after: from + 90 * 86_400,
            ..certificate(n)
        },
        at: from,
        others_end: from + 86_400,
    };
    assert!(world.store.submit(renewed(11, NOW + 45 * 86_400)).await.unwrap());
    assert!(world.store.submit(renewed(12, NOW + 91 * 86_400)).await.unwrap());
    let all = Archive::new(world.folder.path().join("store.sqlite"));
    assert_eq!(all.now().unwrap().certificates.len(), 4, "the answer may have been lost");

    let sha256 = certificate(12).sha256;
    let used = CertificateUsed { sha256, machine, at: NOW + 92 * 86_400 };
    world.store.submit(used).await.unwrap();
    let holdings = world.reopened();
    let identities = Identities::new(vec![[9; 32]], holdings.certificates, std::iter::empty());
    let who = |n: u8, at| identities.authenticate(Some(&CertificateDer::from(vec![n])), at);
    assert_eq!(who(1, NOW), Err(Stranger::UnknownCertificate));
    assert_eq!(who(11, NOW + 92 * 86_400), Err(Stranger::Superseded));
    assert!(who(12, NOW + 92 * 86_400).is_ok());
    assert!(who(2, NOW).is_ok(), "another machine's");
}
