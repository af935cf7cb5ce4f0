use proptest::prelude::*;

use super::*;
use crate::host::recorded::Machine;

fn machine(rules: &str) -> Machine {
    Machine::empty()
        .with(
            "etc/passwd",
            "root:x:0:0::/root:/bin/sh\nan:x:1000:1000::/:/bin/sh\nbinh:x:1001:27::/:/bin/sh\n\
             cuc:x:1002:1002::/:/bin/sh\n",
        )
        .with("etc/group", "root:x:0:\nsudo:x:27:an,cuc\nother:x:50:cuc\n")
        .with(FILES[0], rules)
}

fn granted(rules: &str) -> Result<Vec<String>, &'static str> {
    let machine = machine(rules);
    let files = machine.files();
    let (local, rules) = (Local::read(&files).unwrap(), read(&files).unwrap());
    Ok(rules.granted(&local)?.into_iter().map(str::to_owned).collect())
}

fn names(names: &[&str]) -> Result<Vec<String>, &'static str> {
    Ok(names.iter().map(|&it| it.to_owned()).collect())
}

#[test]
fn whoever_may_run_everything_as_root_administers() {
    for (rule, whom) in [
        ("root ALL=(ALL:ALL) ALL", &["root"][..]),
        ("%sudo\tALL=(ALL:ALL) ALL", &["an", "binh", "cuc"]),
        ("an ALL=(ALL) NOPASSWD: ALL", &["an"]),
        ("an ALL=NOPASSWD:SETENV: ALL", &["an"]),
        ("an, binh ALL = ALL", &["an", "binh"]),
        ("an,binh ALL=(root) /bin/ls, ALL", &["an", "binh"]),
        ("#1002 ALL=ALL", &["cuc"]),
        ("%#50 ALL=ALL", &["cuc"]),
        ("stranger ALL=ALL", &["stranger"]),
        ("an ALL=\\\n  (ALL) ALL # all", &["an"]),
        ("User_Alias STAFF = an, %other\nSTAFF ALL=ALL", &["an", "cuc"]),
        ("Cmnd_Alias ANY = ALL\nan ALL=ANY", &["an"]),
    ] {
        assert_eq!(granted(rule), names(whom), "{rule}");
    }
}

#[test]
fn whoever_may_run_some_commands_or_as_others_does_not() {
    for rule in [
        "",
        "# an ALL=ALL",
        "Defaults:an !requiretty",
        "Defaults env_reset, secure_path=\"/usr/sbin:/usr/bin\"",
        "an ALL=(root) NOPASSWD: /usr/bin/apt-get update, /bin/ls",
        "an ALL=(postgres) ALL",
        "an ALL=(:adm) ALL",
        "Cmnd_Alias SOME = /bin/ls\nan ALL=SOME",
        "Defaults targetpw\nALL ALL=(ALL) ALL",
    ] {
        assert_eq!(granted(rule), names(&[]), "{rule}");
    }
}

#[test]
fn a_rule_that_is_not_understood_leaves_it_unknown() {
    for rule in [
        "+netgroup ALL=ALL",
        "UNHEARD ALL=ALL",
        "!an ALL=ALL",
        "\"a n\" ALL=ALL",
        "an ALL=(OPERATORS) ALL",
        "an ALL=(www) /bin/ls : other=(ALL) ALL",
        "what is this",
        "ALL ALL=(ALL) ALL",
        "User_Alias A = B\nUser_Alias B = A\nA ALL=ALL",
        "@include /etc/sudoers.%h",
        "@include /etc/sudoers",
    ] {
        assert!(granted(rule).is_err(), "{rule}");
    }
}

#[test]
fn rules_in_files_that_are_included_count() {
    for line in ["@includedir /etc/sudoers.d", "#includedir sudoers.d"] {
        let machine = machine(line)
            .with("etc/sudoers.d/90-staff", "an ALL=(ALL) ALL\n")
            .with("etc/sudoers.d/left.dpkg-old", "binh ALL=(ALL) ALL\n")
            .with("etc/sudoers.d/left~", "binh ALL=(ALL) ALL\n");
        let files = machine.files();
        let (local, rules) = (Local::read(&files).unwrap(), read(&files).unwrap());
        assert_eq!(rules.granted(&local).unwrap().into_iter().collect::<Vec<_>>(), ["an"]);
        assert!(read(&machine.denied("etc/sudoers.d/90-staff").files()).is_err());
    }
}

proptest! {
    #[test]
    fn no_rule_brings_the_reader_down(rule in "[A-Za-z%#!=:(),@\\\\\" \n\tă0-9]{0,120}") {
        let _ = granted(&rule);
    }
}
