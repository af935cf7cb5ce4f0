use super::*;
use crate::host::recorded::{Machine, fact, facts, reason};
use crate::probes::assignment::AssignmentClaims;

fn with_service(machine: Machine, unit: &str) -> Machine {
    let place = format!("usr/lib/systemd/system/{unit}");
    let wanted = format!("etc/systemd/system/multi-user.target.wants/{unit}");
    machine.with(&place, "").with_link(&wanted, &format!("/{place}"))
}

/// A machine whose processes can be seen.
fn machine() -> Machine {
    Machine::empty().with_process(1, "systemd", 0, &["/sbin/init"])
}

const STANDARD: &str = "port 22\nusepam yes\npermitrootlogin without-password\n\
    passwordauthentication yes\nkbdinteractiveauthentication no\nauthenticationmethods any\n";

fn server(said: &str) -> Machine {
    with_service(machine(), "ssh.service")
        .with(settings::MAIN, "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n")
        .with_program("/usr/sbin/sshd -T", 0, said)
}

fn said(from: &str, to: &str) -> Machine {
    assert!(STANDARD.contains(from), "{from}");
    server(&STANDARD.replace(from, to))
}

fn seen(machine: &Machine, name: &str) -> Fact {
    let claims = AssignmentClaims::default();
    let now = report::Timestamp::from_civil((2026, 11, 22), (0, 0, 0));
    let outcome = probe(&machine.host(), &Context { claims: &claims, now: now.unwrap() });
    fact(&facts(outcome), &format!("remote_access.{name}"))
}

fn root(machine: &Machine) -> Fact {
    seen(machine, "ssh_root")
}

fn passwords(machine: &Machine) -> Fact {
    seen(machine, "ssh_passwords")
}

#[test]
fn the_server_says_what_is_in_effect() {
    assert_eq!(seen(&server(STANDARD), "ssh"), yes_or_no(true));
    assert_eq!(passwords(&server(STANDARD)), yes_or_no(true));
    for (value, word) in [
        ("without-password", "keys_only"),
        ("prohibit-password", "keys_only"),
        ("forced-commands-only", "keys_only"),
        ("yes", "yes"),
        ("no", "no"),
    ] {
        assert_eq!(root(&said("without-password", value)), choice(word), "{value}");
    }
    let unheard = said("without-password", "maybe");
    assert_eq!(reason(&root(&unheard)), Some(Reason::ParseError));
    let listed = format!("{STANDARD}allowusers an\nallowusers binh\n");
    assert_eq!(root(&server(&listed)), choice("no"));
    assert_eq!(root(&server(&format!("{listed}allowusers root\n"))), choice("keys_only"));
    assert_eq!(root(&server(&format!("{STANDARD}denyusers root\n"))), choice("no"));
}

#[test]
fn a_password_that_pam_asks_for_is_a_password() {
    let keys = STANDARD.replace("passwordauthentication yes", "passwordauthentication no");
    assert_eq!(passwords(&server(&keys)), yes_or_no(false));
    let asked = keys.replace("kbdinteractiveauthentication no", "kbdinteractiveauthentication yes");
    assert_eq!(passwords(&server(&asked)), yes_or_no(true));
    assert_eq!(passwords(&server(&asked.replace("usepam yes", "usepam no"))), yes_or_no(false));
    let old = asked.replace("kbdinteractive", "challengeresponse");
    assert_eq!(passwords(&server(&old)), yes_or_no(true));
    for (methods, takes) in [
        ("publickey", false),
        ("publickey,password", false),
        ("publickey password", true),
        ("publickey keyboard-interactive:pam", true),
    ] {
        assert_eq!(
            passwords(&said("methods any", &format!("methods {methods}"))),
            yes_or_no(takes)
        );
    }
}

#[test]
fn a_block_that_lets_some_in_leaves_a_no_unknown() {
    let part = "etc/ssh/sshd_config.d/50.conf";
    let closed = || {
        server(
            &STANDARD
                .replace("without-password", "no")
                .replace("authentication yes", "authentication no"),
        )
    };
    assert_eq!((root(&closed()), passwords(&closed())), (choice("no"), yes_or_no(false)));
    let opened = closed().with(part, "Match Address 10.0.0.0/8\n PermitRootLogin yes\n");
    assert_eq!(reason(&root(&opened)), Some(Reason::NotSupported));
    assert_eq!(passwords(&opened), yes_or_no(false));
    let opened = closed().with(part, "Match User an\n PasswordAuthentication yes\n");
    assert_eq!(reason(&passwords(&opened)), Some(Reason::NotSupported));
    assert_eq!(root(&opened), choice("no"));
    let closing =
        closed().with(part, "Match Group sftp\n PermitRootLogin no\n ChrootDirectory /x\n");
    assert_eq!((root(&closing), passwords(&closing)), (choice("no"), yes_or_no(false)));
    let open = server(STANDARD).with(part, "Match User an\n PasswordAuthentication no\n");
    assert_eq!(passwords(&open), yes_or_no(true));
}

#[test]
fn where_the_server_does_not_answer_what_is_written_does() {
    let written =
        "PermitRootLogin no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n";
    let failing = |text: &str| {
        server(STANDARD)
            .with_program("/usr/sbin/sshd -T", 255, "")
            .with("etc/ssh/sshd_config.d/10.conf", text)
    };
    assert_eq!(root(&failing(written)), choice("no"));
    assert_eq!(passwords(&failing(written)), yes_or_no(false));
    assert_eq!(reason(&root(&failing(""))), Some(Reason::ProviderError));
    assert_eq!(reason(&passwords(&failing(""))), Some(Reason::ProviderError));
    let denied = server(STANDARD).denied(settings::MAIN);
    assert_eq!(reason(&root(&denied)), Some(Reason::AccessDenied));
}

#[test]
fn a_server_that_is_told_on_its_command_line_is_not_known_by_its_files() {
    let listener = "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups";
    let server = |it: &[&str]| {
        let machine = server(STANDARD).with("run/sshd.pid", "600\n");
        machine.with_process(600, "sshd", 0, it).with_process(599, "sshd", 0, &["sshd: an [priv]"])
    };
    let plain = server(&[listener]);
    assert_eq!(root(&plain), choice("keys_only"));
    for told in ["-oPermitRootLogin=yes", "-f"] {
        let told = server(&["/usr/sbin/sshd", "-D", told]);
        assert_eq!(reason(&root(&told)), Some(Reason::NotSupported));
    }
}

#[test]
fn ssh_is_offered_by_a_service_a_socket_or_a_process() {
    assert_eq!(seen(&with_service(machine(), "ssh.socket"), "ssh"), yes_or_no(true));
    let running = machine().with_process(600, "sshd", 0, &["sshd"]);
    assert_eq!(seen(&running, "ssh"), yes_or_no(true));
    let small = with_service(machine(), "dropbear.service");
    assert_eq!(seen(&small, "ssh"), yes_or_no(true));
    assert_eq!(reason(&root(&small)), Some(Reason::NotSupported));
}

#[test]
fn without_ssh_nobody_comes_in_by_it() {
    assert_eq!(seen(&machine(), "ssh"), yes_or_no(false));
    assert_eq!((root(&machine()), passwords(&machine())), (Fact::Absent, Fact::Absent));
    let hidden = machine().denied("proc");
    assert_eq!(reason(&seen(&hidden, "ssh")), Some(Reason::AccessDenied));
    let hidden = machine().denied("etc/systemd/system");
    for name in ["desktop", "ssh", "ssh_root", "ssh_passwords"] {
        assert_eq!(reason(&seen(&hidden, name)), Some(Reason::AccessDenied), "{name}");
    }
}

#[test]
fn a_screen_is_shown_elsewhere_by_a_service_or_a_program() {
    assert_eq!(seen(&machine(), "desktop"), yes_or_no(false));
    for unit in ["xrdp.service", "anydesk.service"] {
        assert_eq!(seen(&with_service(machine(), unit), "desktop"), yes_or_no(true), "{unit}");
    }
    let vnc = machine().with_process(700, "Xtigervnc", 1000, &["Xtigervnc", ":1"]);
    assert_eq!(seen(&vnc, "desktop"), yes_or_no(true));
}

#[test]
fn what_waits_until_it_is_allowed_counts_when_it_listens() {
    let header = "  sl  local_address rem_address   st\n";
    let listens = "   0: 00000000:0D3D 00000000:0000 0A 00000000:00000000 00:00000000 00000000\n";
    let waiting = || machine().with_process(700, "gnome-remote-de", 1000, &["x"]);
    assert_eq!(seen(&waiting(), "desktop"), yes_or_no(false));
    let listening = |machine: Machine| machine.with("proc/net/tcp", format!("{header}{listens}"));
    assert_eq!(seen(&listening(waiting()), "desktop"), yes_or_no(true));
    let nobody = seen(&listening(machine()), "desktop");
    assert_eq!(reason(&nobody), Some(Reason::NotSupported));
}
