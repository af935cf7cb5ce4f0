//! Patterns as pins have them: `*`, `?` and `[…]`, over the whole text and in either case.

/// Whether a pattern fits a text.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    matches(&pattern.to_ascii_lowercase().into_bytes(), &text.to_ascii_lowercase().into_bytes())
}

/// Whether a text is a pattern, and not just itself.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Goes back to the last star only: an earlier one never has to take more, so this is at most
/// pattern times text.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut rest, mut left) = (pattern, text);
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        if let [b'*', after @ ..] = rest {
            star = Some((after, left));
            rest = after;
            continue;
        }
        if rest.is_empty() && left.is_empty() {
            return true;
        }
        match step(rest, left) {
            Some(next) => (rest, left) = next,
            None => match star {
                Some((after, [_, taken @ ..])) => {
                    star = Some((after, taken));
                    (rest, left) = (after, taken);
                }
                Some((_, [])) | None => return false,
            },
        }
    }
}

/// One character of the pattern against one of the text: what remains of both.
fn step<'a>(pattern: &'a [u8], text: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (byte, text) = text.split_first()?;
    match pattern {
        [b'?', rest @ ..] => Some((rest, text)),
        [b'[', rest @ ..] => match set(rest, *byte) {
            Some((true, rest)) => Some((rest, text)),
            Some((false, _)) => None,
            // A bracket that is never closed stands for itself.
            None => (*byte == b'[').then_some((rest, text)),
        },
        [b'\\', escaped, rest @ ..] => (escaped == byte).then_some((rest, text)),
        [known, rest @ ..] => (known == byte).then_some((rest, text)),
        [] => None,
    }
}

/// Whether a byte is in a set, and what follows the set.
fn set(pattern: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let (is_negated, mut rest) = match pattern {
        [b'!' | b'^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut is_in = false;
    let mut is_first = true;
    loop {
        rest = match rest {
            [b']', after @ ..] if !is_first => return Some((is_in != is_negated, after)),
            [low, b'-', high, after @ ..] if *high != b']' => {
                is_in |= (*low..=*high).contains(&byte);
                after
            }
            [one, after @ ..] => {
                is_in |= *one == byte;
                after
            }
            [] => return None,
        };
        is_first = false;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_fits_a_pattern() {
        for (pattern, text) in [
            ("bookworm", "bookworm"),
            ("*", ""),
            ("*", "anything at all"),
            ("lib*-dev", "libssl-dev"),
            ("*a*b", "aabab"),
            ("5.4.?-[0-9]*", "5.4.1-1+deb12u2"),
            ("[!a-c]x", "dx"),
            ("[]]", "]"),
            ("[a", "[a"),
            ("\\*", "*"),
            ("Debian", "debian"),
            ("", ""),
        ] {
            assert!(fits(pattern, text), "{pattern} fits {text}");
        }
        for (pattern, text) in [
            ("bookworm", "bookworm-security"),
            ("?", ""),
            ("lib*-dev", "libssl3"),
            ("[a-c]", "d"),
            ("[!a-c]x", "ax"),
            ("", "x"),
        ] {
            assert!(!fits(pattern, text), "{pattern} does not fit {text}");
        }
    }

    proptest! {
        #[test]
        fn any_pattern_comes_to_an_end(pattern in "[a*?\\[\\]!\\\\-]{0,24}", text in "[a\\[\\]]{0,48}") {
            fits(&pattern, &text);
        }

        #[test]
        fn a_text_fits_itself_with_stars_around(text in "[a-z0-9.+~-]{0,16}") {
            prop_assert!(fits(&text, &text));
            let starred = format!("*{text}*");
            prop_assert!(fits(&starred, &text));
        }
    }
}
