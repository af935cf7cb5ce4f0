//! Package lists and release files: packed, cut off, flipped, missing.

use super::*;

fn packed(extension: &str, pack: impl Fn(&[u8]) -> Vec<u8>) -> Machine {
    let machine = office_pc();
    let plain = security("main_binary-amd64_Packages");
    let content = machine.files().read(&plain, 1 << 20).unwrap();
    machine.without(&plain).with(&format!("{plain}{extension}"), pack(&content))
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn lz4(content: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn xz(content: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(content, ruzstd::encoding::CompressionLevel::Fastest)
}

type Pack = fn(&[u8]) -> Vec<u8>;
const PLAIN: (&str, Pack) = ("", <[u8]>::to_vec);
const PACKS: [(&str, Pack); 4] = [(".gz", gzip), (".lz4", lz4), (".xz", xz), (".zst", zstd)];

#[test]
fn packed_lists_say_the_same_as_plain_ones() {
    for (extension, pack) in PACKS {
        assert_eq!(pending(&packed(extension, pack)), count(5), "{extension}");
        let in_two = |content: &[u8]| {
            let (first, second) = content.split_at(content.len() / 2);
            [pack(first), pack(second)].concat()
        };
        assert_eq!(pending(&packed(extension, in_two)), count(5), "{extension} in two");
    }
}

#[test]
fn a_list_packed_otherwise_is_named() {
    for extension in [".bz2", ".lzma"] {
        let Fact::Unknown(why) = pending(&packed(extension, <[u8]>::to_vec)) else {
            panic!("{extension} cannot be read");
        };
        assert_eq!(why.reason, Reason::NotSupported);
        let detail = why.detail.unwrap();
        let named = format!("main_binary-amd64_Packages{extension}");
        assert!(detail.as_str().contains(&named), "{detail}");
    }
}

#[test]
fn a_damaged_list_says_nothing_of_what_it_lost() {
    for (extension, pack) in PACKS {
        for machine in [
            packed(extension, |_| Vec::new()),
            packed(extension, <[u8]>::to_vec),
            // Something stands behind the end.
            packed(extension, |content| [&pack(content)[..], b"Package: a\n"].concat()),
        ] {
            assert_eq!(reason(&pending(&machine)), Some(Reason::ParseError), "{extension}");
        }
    }
}

/// Such are all lists of a source fetched anew whose lists were not.
#[test]
fn a_list_that_is_not_the_one_its_release_file_states_is_unknown() {
    let (before, after) = ("5906 main/binary-amd64", "5907 main/binary-amd64");
    for (extension, pack) in PACKS.into_iter().chain([PLAIN]) {
        let whole = packed(extension, pack);
        assert_eq!(pending(&whole), count(5), "{extension}");
        let newer = whole.with_edit(&security("InRelease"), before, after);
        assert_eq!(reason(&pending(&newer)), Some(Reason::ParseError), "{extension}");
        let emptied = packed(extension, |_| pack(b""));
        assert_eq!(reason(&pending(&emptied)), Some(Reason::ParseError), "{extension} of nothing");
    }
}

#[test]
fn a_list_that_no_release_file_states_is_read_and_proves_nothing_when_it_is_empty() {
    let odd = |list: &[u8]| {
        let machine = packed("", |_| list.to_vec());
        let stated = "5906 main/binary-amd64/Packages";
        machine.with_edit(&security("InRelease"), stated, "5906 main/binary-mips/Packages")
    };
    let whole = office_pc().files().read(&security("main_binary-amd64_Packages"), 1 << 20).unwrap();
    assert_eq!(pending(&odd(&whole)), count(5));
    for lost in [&b""[..], &whole[..whole.len() / 2], &b"Package: a"[..]] {
        assert_eq!(reason(&pending(&odd(lost))), Some(Reason::ParseError));
    }
}

#[test]
fn an_empty_list_that_should_be_empty_may_be_missing() {
    let list = security("main_binary-amd64_Packages");
    let machine = office_pc().with(&list, "").with_edit(
        &security("InRelease"),
        "5906 main/binary-amd64",
        "0 main/binary-amd64",
    );
    assert_eq!(pending(&machine), count(1), "of i386");
    assert_eq!(pending(&machine.without(&list)), count(1));
}

/// As after a power cut, when a file has its name and not yet its content.
#[test]
fn a_release_file_that_was_cut_off_is_unknown_and_never_another_source() {
    let release = security("InRelease");
    let whole = office_pc().files().read(&release, 1 << 20).unwrap();
    let content = String::from_utf8_lossy(&whole).find("-----BEGIN PGP SIGNATURE").unwrap();
    let machine = office_pc();
    for length in (0..content).step_by(7) {
        std::fs::write(machine.place(&release), &whole[..length]).unwrap();
        let facts = look(&machine);
        for name in LIST_FACTS.into_iter().chain(["patches.pending"]) {
            assert_eq!(reason(&fact(&facts, name)), Some(Reason::ParseError), "{name} at {length}");
        }
    }
    let detached = office_pc().without(&release).with(&security("Release"), "");
    assert_eq!(reason(&pending(&detached)), Some(Reason::ParseError));
    let mid_line = detached.with(&security("Release"), "Suite: stable\nLabel: Deb");
    assert_eq!(reason(&pending(&mid_line)), Some(Reason::ParseError));
}

#[test]
fn a_security_source_without_the_list_of_the_base_system_says_nothing() {
    let list = security("main_binary-amd64_Packages");
    for other in ["contrib_binary-amd64_Packages", "main_binary-arm64_Packages"] {
        let machine = office_pc()
            .without(&list)
            .with(&security(other), "Package: x\nArchitecture: amd64\nVersion: 1\n\n");
        let facts = look(&machine);
        for name in ["patches.security_pending", "patches.pending", "patches.security_masked"] {
            assert_eq!(reason(&fact(&facts, name)), Some(Reason::SourceStale), "{name} {other}");
        }
    }
    // dpkg says which architecture is the machine's own.
    let other_machine = office_pc().with("var/lib/dpkg/arch", "arm64\namd64\n");
    assert_eq!(reason(&pending(&other_machine)), Some(Reason::SourceStale));
}

#[test]
fn a_source_whose_lists_are_missing_takes_the_total_with_it() {
    let main = format!("{LISTS}/deb.debian.org_debian_dists_bookworm_main_binary-");
    let machine = office_pc()
        .without(&format!("{main}amd64_Packages"))
        .without(&format!("{main}i386_Packages"));
    let facts = look(&machine);
    assert_eq!(fact(&facts, "patches.security_pending"), count(5));
    for name in ["patches.pending", "patches.phased", "patches.security_masked"] {
        assert_eq!(reason(&fact(&facts, name)), Some(Reason::SourceStale), "{name}");
    }
    let of_source_code =
        format!("{LISTS}/deb.debian.org_debian_dists_bookworm_main_source_Sources");
    let facts = look(&machine.with(&of_source_code, "Package: x\n"));
    assert!(fact(&facts, "patches.pending").known().is_some());
}

/// A list that was cut off anywhere but at its end.
#[test]
fn a_list_that_ends_too_early_is_unknown_and_never_fewer() {
    for (extension, pack) in PACKS.into_iter().chain([PLAIN]) {
        let plain = security("main_binary-amd64_Packages");
        let whole = pack(&office_pc().files().read(&plain, 1 << 20).unwrap());
        let machine = packed(extension, |_| Vec::new());
        let place = machine.place(&format!("{plain}{extension}"));
        for length in (0..whole.len()).step_by(11).chain(whole.len() - 8..whole.len()) {
            std::fs::write(&place, &whole[..length]).unwrap();
            let pending = pending(&machine);
            assert!(
                matches!(pending, Fact::Unknown(_)),
                "{extension} cut at {length}: {pending:?}"
            );
        }
    }
}

/// LZ4 as apt writes it bears no checksum, so only its frame can be told to be whole.
#[test]
fn a_flipped_bit_is_unknown_or_changes_nothing() {
    for (extension, pack) in PACKS.into_iter().filter(|(extension, _)| *extension != ".lz4") {
        let plain = security("main_binary-amd64_Packages");
        let whole = pack(&office_pc().files().read(&plain, 1 << 20).unwrap());
        let machine = packed(extension, |_| Vec::new());
        let place = machine.place(&format!("{plain}{extension}"));
        for at in (0..whole.len()).step_by(5) {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            std::fs::write(&place, damaged).unwrap();
            let pending = pending(&machine);
            let is_honest = pending == count(5) || matches!(pending, Fact::Unknown(_));
            assert!(is_honest, "{extension} at {at}: {pending:?}");
        }
    }
}
