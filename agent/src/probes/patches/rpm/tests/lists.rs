//! What repositories say, and what they leave out.

use super::*;

fn assert_security_unknown(machine: &Machine, expected: Reason) {
    let facts = look(machine);
    for name in SECURITY {
        assert_eq!(reason(&fact(&facts, name)), Some(expected), "{name}");
    }
}

#[test]
fn without_a_cache_nothing_is_known_to_wait() {
    let machine = rocky().without("var/cache/dnf");
    assert_security_unknown(&machine, Reason::SourceStale);
    let facts = look(&machine);
    for name in ["patches.pending", "patches.security_sources", "patches.lists_at"] {
        assert_eq!(reason(&fact(&facts, name)), Some(Reason::SourceStale), "{name}");
    }
    assert_security_unknown(&leap().without("var/cache/zypp"), Reason::SourceStale);
}

#[test]
fn a_repository_that_was_never_fetched_leaves_the_rest_unknown() {
    let machine = rocky().without("var/cache/dnf/appstream-ffeeddccbbaa9988");
    assert_security_unknown(&machine, Reason::SourceStale);
    let facts = look(&machine);
    assert_eq!(reason(&fact(&facts, "patches.pending")), Some(Reason::SourceStale));
    assert_eq!(fact(&facts, "patches.sources_behind"), count(1));
    // As zypper says when it leaves one out.
    let machine = leap().without("var/cache/zypp/raw/repo-oss");
    assert_security_unknown(&machine, Reason::SourceStale);
}

#[test]
fn repositories_without_advisories_are_no_clean_bill() {
    let silent = |machine: Machine, folder: &str| {
        machine
            .with_edit(&format!("{folder}/repomd.xml"), "\"updateinfo\"", "\"other\"")
            .without(&format!("{folder}/updateinfo.xml"))
    };
    let machine = silent(silent(rocky(), BASE), APPS);
    assert_security_unknown(&machine, Reason::SourceStale);
    let facts = look(&machine);
    assert_eq!(fact(&facts, "patches.security_sources"), count(0));
    assert_eq!(reason(&fact(&facts, "patches.lists_at")), Some(Reason::SourceStale));
    // What waits is known all the same.
    assert_eq!(fact(&facts, "patches.pending"), count(4));
}

#[test]
fn advisories_of_another_repository_do_not_speak_for_those_of_the_release() {
    let machine = rocky().with_edit(&format!("{BASE}/repomd.xml"), "\"updateinfo\"", "\"other\"");
    assert_security_unknown(&machine, Reason::SourceStale);
    // Where the release has nothing newer, nothing of it can be for security.
    let offered = "ver=\"1.0.8\" rel=\"10.el9_5\"";
    let machine = relisted(machine, BASE, "primary.xml", offered, "ver=\"1.0.8\" rel=\"8.el9\"");
    let machine = relisted(machine, BASE, "primary.xml", "rel=\"2.el9\"", "rel=\"1.el9\"");
    assert_eq!(pending(&machine), count(2));
}

#[test]
fn a_rolling_release_has_no_patches() {
    let index = "var/cache/zypp/raw/repo-sle-update/repodata/repomd.xml";
    let machine = leap().with_edit(index, "\"updateinfo\"", "\"other\"");
    assert_security_unknown(&machine, Reason::SourceStale);
    assert_eq!(fact(&look(&machine), "patches.pending"), count(2));
}

#[test]
fn a_machine_without_repositories_has_not_nothing_to_install() {
    // As RHEL is that was never registered.
    let machine = rocky().without("etc/yum.repos.d");
    assert_security_unknown(&machine, Reason::SourceStale);
    let facts = look(&machine);
    assert_eq!(reason(&fact(&facts, "patches.pending")), Some(Reason::SourceStale));
    assert_eq!(reason(&fact(&facts, "patches.security_sources")), Some(Reason::SourceStale));
    let off = rocky().with_edit("etc/yum.repos.d/rocky.repo", "enabled=1", "enabled=0");
    assert_security_unknown(&off, Reason::SourceStale);
}

#[test]
fn a_list_that_is_shorter_than_its_index_says_is_damaged() {
    for (folder, name) in [(BASE, "primary.xml"), (APPS, "updateinfo.xml")] {
        let path = format!("{folder}/{name}");
        let machine = rocky().with_edit(&path, "</package>\n", "</package>");
        assert_security_unknown(&machine, Reason::ParseError);
        let machine = rocky().with(&path, "<metadata>");
        assert_security_unknown(&machine, Reason::ParseError);
        let machine = rocky().without(&path);
        assert_security_unknown(&machine, Reason::SourceStale);
    }
    let machine = rocky().with(&format!("{BASE}/repomd.xml"), "<repomd>");
    assert_security_unknown(&machine, Reason::ParseError);
}

#[test]
fn a_list_that_was_fetched_in_the_other_packing_only_is_named() {
    let index = format!("{APPS}/repomd.xml");
    let chunked = "<data type=\"updateinfo_zck\"><location href=\"u.xml.zck\"/></data></repomd>";
    let machine = rocky()
        .with_edit(&index, "</repomd>", chunked)
        .without(&format!("{APPS}/updateinfo.xml"))
        .with(&format!("{APPS}/u.xml.zck"), "");
    assert_security_unknown(&machine, Reason::NotSupported);
}

#[test]
fn an_advisory_for_another_stream_is_not_for_this_machine() {
    assert_eq!(pending(&rocky()), count(3));
    let switched = rocky().with_edit("etc/dnf/modules.d/nodejs.module", "=20", "=22");
    assert_eq!(pending(&switched), count(4));
    let off = rocky().with_edit("etc/dnf/modules.d/nodejs.module", "=enabled", "=disabled");
    assert_eq!(pending(&off), count(3));
}

#[test]
fn something_newer_in_some_stream_leaves_open_what_would_be_installed() {
    let machine = relisted(
        rocky(),
        APPS,
        "primary.xml",
        "<name>binutils</name>",
        "<name>nodejs</name><arch>x86_64</arch>\
         <version epoch=\"1\" ver=\"22.1\" rel=\"1.module+el9+1+a\"/></package><package>\
         <name>binutils</name>",
    );
    let facts = look(&machine);
    assert_eq!(reason(&fact(&facts, "patches.pending")), Some(Reason::NotSupported));
    assert_eq!(fact(&facts, "patches.security_pending"), count(3));
}

#[test]
fn what_is_kept_at_its_version_waits_for_security_all_the_same() {
    let locks = "etc/dnf/plugins/versionlock.list";
    for machine in [
        rocky().with(locks, "bzip2-libs-0:1.0.8-8.el9.*\n"),
        rocky().with_edit("etc/dnf/dnf.conf", "[main]", "[main]\nexclude=bzip2*"),
        rocky().with_edit(
            "etc/yum.repos.d/rocky.repo",
            "metadata_expire=6h",
            "excludepkgs = kernel*\n  bzip2-libs",
        ),
    ] {
        let facts = look(&machine);
        assert_eq!(fact(&facts, "patches.security_pending"), count(3));
        assert_eq!(fact(&facts, "patches.security_held"), count(1));
        assert_eq!(fact(&facts, "patches.security_held_names"), text("bzip2-libs"));
        assert_eq!(fact(&facts, "patches.pending"), count(3));
    }
}

#[test]
fn lists_reach_no_further_than_the_day_they_were_last_fetched() {
    let fetched = Timestamp(1_790_000_000);
    let machine = rocky();
    for name in ["repomd.xml", "primary.xml"] {
        let file = std::fs::File::open(machine.place(&format!("{APPS}/{name}"))).unwrap();
        let at = std::time::UNIX_EPOCH
            + std::time::Duration::from_secs(u64::try_from(fetched.0).unwrap());
        file.set_modified(at).unwrap();
    }
    let facts = look(&machine);
    assert_eq!(fact(&facts, "patches.lists_at"), moment(Moment::source(fetched)));
    assert_eq!(fact(&facts, "patches.sources_behind"), count(1));
    let medium = machine.with_edit(
        "etc/yum.repos.d/rocky.repo",
        "[appstream]",
        "[appstream]\nmetadata_expire=never",
    );
    assert_eq!(fact(&look(&medium), "patches.sources_behind"), count(0));
}

#[test]
fn the_cache_of_another_place_is_found() {
    let moved = rocky().with_edit("etc/dnf/dnf.conf", "[main]", "[main]\ncachedir=/srv/cache/");
    assert_security_unknown(&moved, Reason::SourceStale);
    let from = moved.place("var/cache/dnf");
    std::fs::create_dir_all(moved.place("srv")).unwrap();
    std::fs::rename(from, moved.place("srv/cache")).unwrap();
    assert_eq!(pending(&moved), count(3));
}
