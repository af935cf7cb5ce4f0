//! What the configuration of a firewall does with what nobody asked for.

use crate::host::Files;
use crate::host::files::Read;

/// What a configuration comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// What no rule lets in stays out.
    Filters,
    /// It is not set up, or keeps nothing out.
    Not,
    /// It keeps something out, and what exactly is not told.
    Unclear(&'static str),
}

const MOST: usize = 1 << 20;

pub(super) const FIREWALLD: &str = "etc/firewalld/firewalld.conf";
const ZONES: [&str; 2] = ["etc/firewalld/zones", "usr/lib/firewalld/zones"];

/// Whatever no zone is chosen for is in the default one.
pub(super) fn of_firewalld(files: &Files) -> Read<Claim> {
    let settings = optional(files, FIREWALLD)?.unwrap_or_default();
    let zone = setting(&settings, "DefaultZone").unwrap_or_else(|| "public".to_owned());
    let mut written = None;
    for folder in ZONES {
        if written.is_none() {
            written = optional(files, &format!("{folder}/{zone}.xml"))?;
        }
    }
    let lets_in = written.map_or(zone == "trusted", |text| text.contains("target=\"ACCEPT\""));
    Ok(match lets_in {
        true => Claim::Unclear("the default zone lets everything in"),
        false => Claim::Filters,
    })
}

pub(super) const UFW: &str = "etc/ufw/ufw.conf";
const UFW_DEFAULTS: &str = "etc/default/ufw";

pub(super) fn of_ufw(files: &Files) -> Read<Claim> {
    let settings = optional(files, UFW)?.unwrap_or_default();
    if !setting(&settings, "ENABLED").is_some_and(|it| it.eq_ignore_ascii_case("yes")) {
        return Ok(Claim::Not);
    }
    let defaults = optional(files, UFW_DEFAULTS)?.unwrap_or_default();
    Ok(match setting(&defaults, "DEFAULT_INPUT_POLICY").as_deref() {
        Some("DROP" | "REJECT") => Claim::Filters,
        _ => Claim::Unclear("DEFAULT_INPUT_POLICY lets in what no rule names"),
    })
}

/// A variable of a file that a shell reads; the last one holds.
fn setting(text: &str, name: &str) -> Option<String> {
    let mut values =
        text.lines().filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='));
    values.next_back().map(|value| value.trim().trim_matches(['"', '\'']).to_owned())
}

const NFTABLES: [&str; 3] =
    ["etc/nftables.conf", "etc/sysconfig/nftables.conf", "etc/nftables.nft"];

pub(super) fn of_nftables(files: &Files) -> Read<Claim> {
    first(files, &NFTABLES, nftables)
}

const IPTABLES: [&str; 4] = [
    "etc/iptables/rules.v4",
    "etc/sysconfig/iptables",
    "etc/iptables/iptables.rules",
    "etc/iptables/rules-save",
];

pub(super) fn of_iptables(files: &Files) -> Read<Claim> {
    first(files, &IPTABLES, iptables)
}

/// What the first file that is there comes to.
fn first(files: &Files, paths: &[&str], claim: fn(&str) -> Claim) -> Read<Claim> {
    for path in paths {
        if let Some(text) = optional(files, path)? {
            return Ok(claim(&text));
        }
    }
    Ok(Claim::Not)
}

fn optional(files: &Files, path: &str) -> Read<Option<String>> {
    match files.read_text(path, MOST) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

const SOME_RULES: &str = "it keeps something out, and the rules do not say that it is the rest";

/// The rules of nftables: a chain at the door that drops by policy, or at its end.
fn nftables(text: &str) -> Claim {
    let plain: Vec<_> = text.lines().map(|line| line.split('#').next().unwrap_or(line)).collect();
    let plain = plain.join("\n");
    let mut claim = match plain.lines().any(|line| line.trim_start().starts_with("include")) {
        true => Claim::Unclear("it includes other files"),
        false => Claim::Not,
    };
    for chain in plain.split("chain ").skip(1).map(block) {
        match of_chain(chain) {
            Claim::Filters => return Claim::Filters,
            Claim::Not => {}
            Claim::Unclear(why) => claim = Claim::Unclear(why),
        }
    }
    claim
}

/// What stands between the first brace and the one that ends it.
fn block(text: &str) -> &str {
    let text = text.split_once('{').map_or("", |(_, rest)| rest);
    let mut depth = 1;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return text.get(..at).unwrap_or(text);
        }
    }
    text
}

fn of_chain(chain: &str) -> Claim {
    let statements: Vec<Vec<_>> =
        chain.split(['\n', ';']).map(|it| it.split_whitespace().collect()).collect();
    let says =
        |words: &[&str]| statements.iter().any(|it| it.windows(words.len()).any(|w| w == words));
    if !says(&["hook", "input"]) {
        return Claim::Not;
    }
    // What is dropped without a condition is everything that is left.
    let drops_rest = |statement: &Vec<&str>| {
        let is_plain = matches!(statement.first(), Some(&("drop" | "reject" | "counter" | "log")));
        is_plain && statement.iter().any(|word| matches!(*word, "drop" | "reject"))
    };
    if says(&["policy", "drop"]) || statements.iter().any(drops_rest) {
        return Claim::Filters;
    }
    match ["drop", "reject", "jump", "goto", "vmap"].into_iter().any(|word| says(&[word])) {
        true => Claim::Unclear(SOME_RULES),
        false => Claim::Not,
    }
}

/// The rules of iptables as they are saved.
fn iptables(text: &str) -> Claim {
    let mut claim = Claim::Not;
    let mut is_filter = false;
    for line in text.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('*') {
            is_filter = table == "filter";
        }
        let Some(rule) = line.strip_prefix("-A INPUT ").filter(|_| is_filter) else {
            if is_filter && line.starts_with(":INPUT DROP") {
                return Claim::Filters;
            }
            continue;
        };
        if rule.starts_with("-j DROP") || rule.starts_with("-j REJECT") {
            return Claim::Filters;
        }
        if !rule.contains("-j ACCEPT") {
            claim = Claim::Unclear(SOME_RULES);
        }
    }
    claim
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DEBIAN: &str = "#!/usr/sbin/nft -f\nflush ruleset\ntable inet filter {\n\
        \tchain input {\n\t\ttype filter hook input priority filter;\n\t}\n\
        \tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n}\n";

    #[test]
    fn a_chain_at_the_door_filters_where_it_drops_the_rest() {
        assert_eq!(nftables(DEBIAN), Claim::Not);
        let at_door =
            |rules: &str| {
                nftables(&DEBIAN.replace(
                    "hook input priority filter;",
                    &format!("hook input priority 0; {rules}"),
                ))
            };
        assert_eq!(at_door("policy drop;"), Claim::Filters);
        assert_eq!(at_door("tcp dport { 22, 80 } accept; counter drop"), Claim::Filters);
        assert_eq!(at_door("policy accept; reject with icmpx host-unreachable"), Claim::Filters);
        assert_eq!(at_door("tcp dport { 22, 80 } accept;"), Claim::Not);
        assert_eq!(at_door("# policy drop;"), Claim::Not);
        assert!(matches!(at_door("ct state invalid drop;"), Claim::Unclear(_)));
        assert!(matches!(at_door("jump mine;"), Claim::Unclear(_)));
        assert!(matches!(nftables("include \"/etc/nftables.d/*.nft\"\n"), Claim::Unclear(_)));
    }

    #[test]
    fn saved_rules_filter_by_policy_or_at_their_end() {
        let saved = |rules: &str| iptables(&format!("*filter\n{rules}\nCOMMIT\n"));
        assert_eq!(saved(":INPUT DROP [0:0]"), Claim::Filters);
        assert_eq!(saved(":INPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT"), Claim::Not);
        let reject = "-A INPUT -j REJECT --reject-with icmp-host-prohibited";
        assert_eq!(saved(&format!(":INPUT ACCEPT [0:0]\n{reject}")), Claim::Filters);
        assert!(matches!(saved("-A INPUT -s 10.0.0.1 -j DROP"), Claim::Unclear(_)));
        assert!(matches!(saved("-A INPUT -j mine"), Claim::Unclear(_)));
        assert_eq!(saved(":FORWARD DROP [0:0]\n-A FORWARD -j DOCKER-USER"), Claim::Not);
        assert_eq!(iptables("*nat\n:INPUT DROP [0:0]\n-A INPUT -j DROP\n"), Claim::Not);
    }

    proptest! {
        #[test]
        fn no_text_brings_a_reader_down(text in "[a-z{};#\\-* \n:\"ă]{0,200}") {
            let _ = (nftables(&text), iptables(&text), nftables(&format!("chain x{text}")));
        }
    }
}
