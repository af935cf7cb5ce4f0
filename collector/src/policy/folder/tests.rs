use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

use super::*;

fn folder_with(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    dir
}

#[test]
fn a_read_folder_equals_the_same_files_in_memory() {
    let dir = folder_with(&[
        ("targets.toml", b"a"),
        ("rules/x.toml", b"b"),
        (".git/index.toml", b"c"),
        ("x.toml~", b"d"),
    ]);
    let read = Folder::read(dir.path()).unwrap();
    assert_eq!(read, Folder::from_files([("rules/x.toml", "b"), ("targets.toml", "a")]));
}

#[test]
fn the_hash_changes_with_every_path_and_text() {
    let one = Folder::from_files([("a", "bc")]).hash();
    assert_ne!(one, Folder::from_files([("ab", "c")]).hash());
    assert_ne!(one, Folder::from_files([("a", "bd")]).hash());
    assert_eq!(one.to_string().len(), 64);
}

#[test]
fn a_misspelt_ending_is_not_silently_dropped() {
    let dir = folder_with(&[("rules/x.tmol", b"")]);
    let problems = Folder::read(dir.path()).unwrap_err();
    assert_eq!(
        problems.compact(),
        "rules/x.tmol: is not read: only .toml, .csv and .md files belong here\n"
    );
}

#[test]
fn text_that_is_not_utf8_is_refused_with_its_place() {
    let dir = folder_with(&[("register/machines.csv", b"id\nm\xe1y-01\n")]);
    let problems = Folder::read(dir.path()).unwrap_err();
    assert_eq!(problems.compact(), "register/machines.csv:2:2: is not UTF-8\n");
}

#[test]
fn a_file_larger_than_the_limit_is_refused() {
    let dir = folder_with(&[("big.md", &vec![b'x'; (1 << 20) + 1])]);
    assert!(Folder::read(dir.path()).unwrap_err().compact().contains("larger than 1 MiB"));
}

#[test]
fn the_register_of_machines_may_be_larger_than_what_is_written_by_hand() {
    let dir = folder_with(&[("register/machines.csv", &vec![b'#'; (1 << 20) + 1])]);
    assert!(Folder::read(dir.path()).unwrap().get("register/machines.csv").is_some());
    assert_eq!(max_mib("register/machines.csv"), 256);
}

#[test]
fn a_link_is_followed_inside_the_folder_and_never_out_of_it() {
    let outside = folder_with(&[("secret.toml", b"s")]);
    let dir = folder_with(&[("..data/targets.toml", b"a")]);
    symlink("..data/targets.toml", dir.path().join("targets.toml")).unwrap();
    assert_eq!(Folder::read(dir.path()).unwrap().get("targets.toml"), Some("a"));
    symlink(outside.path(), dir.path().join("rules")).unwrap();
    let problems = Folder::read(dir.path()).unwrap_err();
    assert_eq!(problems.compact(), "rules: is a link that leads out of the folder\n");
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The user this test runs as.
fn me(dir: &Path) -> u32 {
    fs::metadata(dir).unwrap().uid()
}

/// The mistakes of a folder that this test's user keeps.
fn kept(dir: &Path) -> Result<Folder, String> {
    Folder::read_kept(dir, &Keepers::user(me(dir))).map_err(|problems| problems.compact())
}

#[test]
fn what_everybody_may_write_is_refused_by_name() {
    let dir = folder_with(&[("targets.toml", b"a"), ("rules/x.toml", b"b")]);
    chmod(&dir.path().join("rules"), 0o777);
    chmod(&dir.path().join("targets.toml"), 0o666);
    let problems = Folder::read(dir.path()).unwrap_err().compact();
    let owner = me(dir.path());
    assert_eq!(
        problems,
        format!(
            "rules: can be written by everybody (owner {owner}, mode 777)\n\
             targets.toml: can be written by everybody (owner {owner}, mode 666)\n"
        )
    );
}

#[test]
fn what_a_group_may_write_is_checked_and_never_judged_by() {
    let dir = folder_with(&[("targets.toml", b"a"), ("rules/x.toml", b"b")]);
    chmod(&dir.path().join("rules"), 0o775);
    chmod(&dir.path().join("targets.toml"), 0o664);
    assert!(Folder::read(dir.path()).is_ok());
    let problems = kept(dir.path()).unwrap_err();
    assert!(problems.contains("rules: can be written by its group (owner "), "{problems}");
    assert!(problems.contains("targets.toml: can be written by its group (owner "), "{problems}");
    assert!(problems.contains("mode 664)"), "{problems}");
}

#[test]
fn the_way_to_a_folder_must_be_closed_too_and_the_cure_is_named() {
    let dir = folder_with(&[("office/policies/targets.toml", b"a")]);
    let policies = dir.path().join("office/policies");
    assert!(kept(&policies).is_ok());
    chmod(&dir.path().join("office"), 0o775);
    let problems = Folder::read_kept(&policies, &Keepers::user(me(&policies))).unwrap_err();
    let office = dir.path().canonicalize().unwrap().join("office").display().to_string();
    let compact = problems.compact();
    assert!(compact.starts_with(&format!("{office}: can be written by its group")), "{compact}");
    assert!(problems.to_string().contains(&format!("run chmod go-w {office}")), "{problems}");
}

#[test]
fn a_sticky_folder_on_the_way_is_safe_and_a_sticky_policies_folder_is_not() {
    let dir = folder_with(&[("shared/policies/targets.toml", b"a")]);
    let policies = dir.path().join("shared/policies");
    chmod(&dir.path().join("shared"), 0o1777);
    assert!(kept(&policies).is_ok());
    chmod(&policies, 0o1777);
    assert!(kept(&policies).unwrap_err().starts_with(".: can be written by everybody"));
}

#[test]
fn what_belongs_to_somebody_else_is_refused_with_its_owner() {
    let dir = folder_with(&[("targets.toml", b"a"), ("rules/x.toml", b"b")]);
    if chown(dir.path().join("rules"), Some(4321), None).is_err() {
        // Only root can give a file away.
        let keepers = Keepers::user(me(dir.path()) + 1);
        let problems = Folder::read_kept(dir.path(), &keepers).unwrap_err().compact();
        assert!(problems.contains("belongs to user"), "{problems}");
        return;
    }
    chown(dir.path().join("targets.toml"), Some(4321), None).unwrap();
    assert_eq!(
        kept(dir.path()).unwrap_err(),
        "rules: belongs to user 4321 (mode 755), and only root may write policies\n\
         targets.toml: belongs to user 4321 (mode 644), and only root may write policies\n"
    );
    assert!(Folder::read_kept(dir.path(), &Keepers::user(4321)).is_ok());
}

#[test]
fn a_hidden_folder_that_a_link_leads_through_must_be_closed_too() {
    let dir = folder_with(&[("..2026_11/rules/x.toml", b"b"), ("targets.toml", b"a")]);
    symlink("..2026_11", dir.path().join("..data")).unwrap();
    symlink("..data/rules", dir.path().join("rules")).unwrap();
    assert_eq!(kept(dir.path()).unwrap().get("rules/x.toml"), Some("b"));
    chmod(&dir.path().join("..2026_11"), 0o777);
    let problems = kept(dir.path()).unwrap_err();
    assert!(problems.contains("..2026_11: can be written by everybody"), "{problems}");
}

#[test]
fn links_that_lead_to_each_other_end() {
    let dir = folder_with(&[("targets.toml", b"a")]);
    symlink("b.toml", dir.path().join("a.toml")).unwrap();
    symlink("a.toml", dir.path().join("b.toml")).unwrap();
    let problems = kept(dir.path()).unwrap_err();
    assert!(problems.contains("a.toml: failed to read: too many links"), "{problems}");
}

#[test]
fn a_folder_behind_a_link_is_read_where_the_link_leads() {
    let dir = folder_with(&[("releases/2/targets.toml", b"a")]);
    symlink("releases/2", dir.path().join("policies")).unwrap();
    assert_eq!(kept(&dir.path().join("policies")).unwrap().get("targets.toml"), Some("a"));
}

#[test]
fn what_editors_leave_beside_a_file_is_not_read() {
    let litter = [
        "4913",
        "rules/5036",
        "rules/.x.toml.swp",
        "rules/x.toml.swp",
        "rules/x.toml.swx",
        "rules/x.toml~",
        "rules/#x.toml#",
        "rules/x.toml___jb_tmp___",
        "rules/x.toml___jb_old___",
        "register/~$machines.csv",
        "register/.~lock.machines.csv#",
    ];
    for name in litter {
        let dir = folder_with(&[("targets.toml", b"a"), (name, b"\xff half")]);
        let read = Folder::read(dir.path()).unwrap_or_else(|problems| panic!("{name}: {problems}"));
        assert_eq!(read, Folder::from_files([("targets.toml", "a")]), "{name}");
    }
    // An emacs lock is a link to nowhere.
    let dir = folder_with(&[("targets.toml", b"a")]);
    symlink("officer@pc.42", dir.path().join(".#targets.toml")).unwrap();
    assert!(Folder::read(dir.path()).is_ok());
}

#[test]
fn a_folder_named_for_a_year_is_read() {
    let dir = folder_with(&[("targets.toml", b"a"), ("rules/2026/x.toml", b"b")]);
    symlink("2026", dir.path().join("rules/2027")).unwrap();
    let read = Folder::read(dir.path()).unwrap();
    assert_eq!(read.get("rules/2026/x.toml"), Some("b"));
    assert_eq!(read.get("rules/2027/x.toml"), Some("b"));
}

#[test]
fn a_rule_laid_aside_under_another_ending_is_not_silently_dropped() {
    for name in ["rules/x.toml.bak", "rules/x.toml.orig", "rules/x.toml.off", "rules/x"] {
        let dir = folder_with(&[(name, b"a")]);
        assert!(Folder::read(dir.path()).unwrap_err().compact().contains("is not read"), "{name}");
    }
}

#[test]
fn what_is_no_file_is_not_opened() {
    let dir = folder_with(&[("targets.toml", b"a")]);
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("x.toml")).unwrap();
    let problems = Folder::read(dir.path()).unwrap_err().compact();
    assert_eq!(problems, "x.toml: is neither a file nor a folder\n");
}

#[test]
fn a_file_that_changes_while_it_is_read_is_another_edition() {
    let dir = folder_with(&[("targets.toml", b"a")]);
    let path = dir.path().join("targets.toml");
    let edition = || Edition::of(&fs::metadata(&path).unwrap());
    let before = edition();
    assert!(before == edition());
    fs::write(&path, "another").unwrap();
    assert!(before != edition());
}

#[test]
fn a_folder_that_is_not_there_says_so() {
    let problems = Folder::read(Path::new("/nonexistent/policies")).unwrap_err();
    assert!(problems.compact().starts_with("/nonexistent/policies: failed to open"));
}
