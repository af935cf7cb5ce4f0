//! What shows by its shape that it is a secret or belongs to a person.

use std::ops::Range;

type Found = Vec<Range<usize>>;

/// As long a run of letters and digits is a key, a digest or an id, and no word.
const LONGEST_WORD: usize = 24;

/// Everything of a line.
pub(super) fn all(line: &str) -> Found {
    let mut found = personal(line);
    for word in words(line, |it| !(it.is_ascii_alphanumeric() || "-_+.~".contains(it))) {
        let text = &line[word.clone()];
        if is_token(text) || has_product_key(text) || has_uuid(text) || is_opaque(text) {
            found.push(word);
        }
    }
    found.extend(urls(line));
    found
}

/// E-mail addresses, accounts and the folders of people.
pub(super) fn personal(line: &str) -> Found {
    let mut found = people(line);
    for word in words(line, |it| it.is_whitespace() || "\"'<>()[]{},;:=/\\|&".contains(it)) {
        let text = &line[word.clone()];
        if text.split_once('@').is_some_and(|(who, at)| !who.is_empty() && at.contains('.')) {
            found.push(word);
        }
    }
    found.extend(accounts(line));
    found
}

/// Where the folders of people lie, and what ends their names there.
const FOLDERS: [(&str, &str); 5] = [
    ("home/", "/\"'<>|;,: \t"),
    ("/users/", "/\"'<>|;,"),
    (r"\users\", "\\\"'<>|;,"),
    (r"\\users\\", "\\\"'<>|;,"),
    (r"\documents and settings\", "\\\"'<>|;,"),
];

/// The names of people whose folders a line names.
pub(super) fn people(line: &str) -> Found {
    let lower = line.to_ascii_lowercase();
    let mut found = Vec::new();
    for (folder, ends) in FOLDERS {
        for (at, _) in lower.match_indices(folder) {
            let begin = at + folder.len();
            let rest = &line[begin..];
            let length = rest.find(|it: char| ends.contains(it) || it.is_control());
            let name = begin..begin + length.unwrap_or(rest.len());
            let is_path = !lower[..at].ends_with(char::is_alphanumeric) || folder != "home/";
            if is_path && !is_everybodys(&line[name.clone()]) {
                found.push(name);
            }
        }
    }
    found
}

fn is_everybodys(name: &str) -> bool {
    let everybody = ["", "public", "default", "default user", "all users"];
    everybody.iter().any(|it| name.eq_ignore_ascii_case(it))
}

/// Security identifiers of accounts of this machine, its domain or a cloud.
fn accounts(line: &str) -> Found {
    let is_part = |it: char| it.is_ascii_digit() || it == '-';
    let upper = line.to_ascii_uppercase();
    let begins = ["S-1-5-21-", "S-1-12-1-"].into_iter().flat_map(|beginning| {
        upper.match_indices(beginning).map(|(at, beginning)| at + beginning.len())
    });
    begins
        .map(|begin| {
            let rest = &line[begin..];
            begin..begin + rest.find(|it| !is_part(it)).unwrap_or(rest.len())
        })
        .collect()
}

/// What an address carries beside itself: who asks, and with which token.
fn urls(line: &str) -> Found {
    let mut found = Vec::new();
    for (at, mark) in line.match_indices("://") {
        let begin = at + mark.len();
        let rest = &line[begin..];
        let end = rest.find(|it: char| it.is_whitespace() || "\"'<>".contains(it));
        let rest = &rest[..end.unwrap_or(rest.len())];
        let host_ends = rest.find('/').unwrap_or(rest.len());
        found.extend(rest[..host_ends].rfind('@').map(|who| begin..begin + who));
        found.extend(rest.find('?').map(|query| begin + query..begin + rest.len()));
    }
    found
}

/// The runs of letters between those that part words.
fn words(line: &str, parts: impl Fn(char) -> bool) -> Found {
    let mut found = Vec::new();
    let mut begin = None;
    for (at, letter) in line.char_indices() {
        match (parts(letter), begin) {
            (false, None) => begin = Some(at),
            (true, Some(from)) => {
                found.push(from..at);
                begin = None;
            }
            (false, Some(_)) | (true, None) => {}
        }
    }
    found.extend(begin.map(|from| from..line.len()));
    found
}

/// A JSON web token.
fn is_token(word: &str) -> bool {
    word.contains("eyJ") && word.matches('.').count() == 2
}

/// Groups of as many capitals and digits each, with dashes between.
fn has_product_key(word: &str) -> bool {
    let groups: Vec<&str> = word.split('-').collect();
    let is_group = |group: &str| {
        (4..=8).contains(&group.len())
            && group.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
    };
    groups.windows(3).any(|three| match three {
        [first, rest @ ..] => {
            is_group(first) && rest.iter().all(|it| is_group(it) && it.len() == first.len())
        }
        [] => false,
    })
}

fn has_uuid(word: &str) -> bool {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = word.split(['-', '_', '.']).collect();
    groups.windows(GROUPS.len()).any(|five| {
        let fits = |(group, length): (&&str, usize)| {
            group.len() == length && group.bytes().all(|it| it.is_ascii_hexdigit())
        };
        five.iter().zip(GROUPS).all(fits)
    })
}

/// A run of letters and digits longer than any word or version.
fn is_opaque(word: &str) -> bool {
    word.split(['-', '.']).any(|part| {
        part.len() >= LONGEST_WORD
            && part.bytes().any(|it| it.is_ascii_digit())
            && part.bytes().any(|it| it.is_ascii_alphabetic())
    })
}
