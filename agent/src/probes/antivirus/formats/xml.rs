//! XML that lies in UTF-8 or UTF-16 among bytes of another kind, as in a signed file.

/// The attribute at `root/element/…/element@attribute`. The document begins where its root does:
/// whatever lies before and behind it is passed over.
pub(in crate::probes::antivirus) fn attribute(bytes: &[u8], path: &str) -> Option<String> {
    let (elements, attribute) = path.split_once('@')?;
    let wanted: Vec<&str> = elements.split('/').collect();
    let text = document(bytes, wanted.first()?)?;
    let mut open: Vec<&str> = Vec::new();
    for tag in tags(&text) {
        if tag.starts_with(['?', '!']) {
            continue;
        }
        if tag.starts_with('/') {
            open.pop();
            if open.is_empty() {
                return None;
            }
            continue;
        }
        let (name, rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        open.push(name.trim_end_matches('/'));
        if open == wanted
            && let Some(value) = value(rest, attribute)
        {
            return Some(unescaped(value));
        }
        if tag.ends_with('/') {
            open.pop();
        }
    }
    None
}

/// The text from the root's beginning on.
fn document(bytes: &[u8], root: &str) -> Option<String> {
    let beginning = format!("<{root}");
    if let Some(at) = find(bytes, beginning.as_bytes()) {
        return Some(String::from_utf8_lossy(bytes.get(at..)?).into_owned());
    }
    let wide: Vec<u8> = beginning.bytes().flat_map(|byte| [byte, 0]).collect();
    let rest = bytes.get(find(bytes, &wide)?..)?;
    let units =
        rest.chunks_exact(2).filter_map(|pair| Some(u16::from_le_bytes(pair.try_into().ok()?)));
    Some(char::decode_utf16(units).map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, needle)
}

/// What stands between angle brackets; a bracket in a quoted value ends nothing.
fn tags(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, tag) = rest.split_once('<')?;
        let mut quote = None;
        let end = tag.find(|it: char| match quote {
            Some(open) if it == open => {
                quote = None;
                false
            }
            Some(_) => false,
            None if it == '"' || it == '\'' => {
                quote = Some(it);
                false
            }
            None => it == '>',
        })?;
        let (tag, behind) = tag.split_at_checked(end)?;
        rest = behind;
        Some(tag)
    })
}

fn value<'t>(attributes: &'t str, wanted: &str) -> Option<&'t str> {
    let mut rest = attributes;
    loop {
        let (name, behind) = rest.split_once('=')?;
        let behind = behind.trim_start();
        let quote = behind.chars().next().filter(|it| matches!(it, '"' | '\''))?;
        let (value, next) = behind.get(1..)?.split_once(quote)?;
        if name.trim() == wanted {
            return Some(value);
        }
        rest = next;
    }
}

fn unescaped(text: &str) -> String {
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    named.iter().fold(text.to_owned(), |text, (name, letter)| text.replace(name, letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"<?xml version="1.0"?><ESET v="2"><FILE><LICENSE TYPE="a>b &amp; c">
        <!-- <ACTIVE END="none"/> --><FREE END="2020"/><ACTIVE X='1' END="2026"/></LICENSE></FILE>
        </ESET><ESET><FILE><LICENSE LATE="1"/></FILE></ESET>"#;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn an_attribute_is_found_by_its_path_in_either_encoding() {
        let noise: &[u8] = &[0xff, 0x00, 0x3c, 0xd8, 0x45];
        for bytes in [TEXT.as_bytes().to_vec(), [noise, &wide(TEXT), noise].concat()] {
            let at = |path| attribute(&bytes, path);
            assert_eq!(at("ESET/FILE/LICENSE/ACTIVE@END").as_deref(), Some("2026"));
            assert_eq!(at("ESET/FILE/LICENSE/FREE@END").as_deref(), Some("2020"));
            assert_eq!(at("ESET/FILE/LICENSE@TYPE").as_deref(), Some("a>b & c"));
            assert_eq!(at("ESET@v").as_deref(), Some("2"));
            for path in
                ["ESET/LICENSE@TYPE", "ESET/FILE@TYPE", "ESET/FILE/LICENSE@LATE", "X@v", "ESET"]
            {
                assert_eq!(at(path), None, "{path}");
            }
        }
    }

    #[test]
    fn half_a_document_has_only_what_is_whole() {
        let at = |length: usize, path| attribute(TEXT.as_bytes().get(..length).unwrap(), path);
        let cut = TEXT.find("END=\"2026").unwrap() + 7;
        assert_eq!(at(cut, "ESET/FILE/LICENSE/ACTIVE@END"), None);
        assert_eq!(at(cut, "ESET@v").as_deref(), Some("2"));
    }
}
