//! The tags of a document, one after the other, in a bounded amount of memory.
//!
//! Metadata of repositories are read as the programs write them that make repositories. What a
//! document declares is not believed: nothing is included or expanded.

use std::borrow::Cow;
use std::io::{self, BufRead as _};

use super::super::measured::Measured;
use crate::host::files::{Read, ReadError, ReadErrorKind};

/// No tag of a repository comes near it.
const MAX_TAG: usize = 64 * 1024;

/// What is kept of the text between two tags. Names and versions are shorter by far.
const MAX_TEXT: usize = 1024;

/// The most bytes of one document.
const MAX_DOCUMENT: u64 = 1 << 30;

/// What a document is made of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A tag that begins an element.
    Open(Tag<'a>),
    /// The end of an element, and the text since the last tag.
    Close(&'a str, &'a str),
}

/// A tag that begins an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// The value of an attribute; none where the tag has no such.
    pub(super) fn attribute(&self, wanted: &str) -> Option<Cow<'a, str>> {
        let mut rest = self.attributes;
        loop {
            let (name, after) = rest.split_once('=')?;
            let after = after.trim_start();
            let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            let (value, after) = after.get(1..)?.split_once(quote)?;
            if name.trim() == wanted {
                return Some(without_entities(value));
            }
            rest = after;
        }
    }
}

/// A document as it is read.
pub(super) struct Document<R> {
    source: io::BufReader<Measured<io::Take<R>>>,
    path: String,
    tag: Vec<u8>,
    text: Vec<u8>,
    depth: usize,
    has_begun: bool,
}

impl<R: io::Read> Document<R> {
    /// A document that is called `path` in errors.
    pub(super) fn of(source: R, path: &str) -> Self {
        let measured = Measured::of(source.take(MAX_DOCUMENT + 1));
        Self {
            source: io::BufReader::with_capacity(64 * 1024, measured),
            path: path.to_owned(),
            tag: Vec::new(),
            text: Vec::new(),
            depth: 0,
            has_begun: false,
        }
    }

    /// How many bytes it has, once it was read to its end.
    pub(super) fn length(&self) -> u64 {
        self.source.get_ref().length()
    }

    /// The next tag. A document ends behind its outermost element.
    ///
    /// # Errors
    /// When it ends before, cannot be read, or is no document.
    pub(super) fn next(&mut self) -> Read<Option<Piece<'_>>> {
        self.text.clear();
        if !self.fill_tag()? {
            return match self.depth == 0 && self.has_begun {
                true => Ok(None),
                false => Err(self.damaged("it was cut off")),
            };
        }
        self.has_begun = true;
        match self.tag.strip_prefix(b"/") {
            Some(_) if self.depth == 0 => return Err(self.damaged("it ends what never began")),
            Some(_) => self.depth -= 1,
            None => self.depth += usize::from(!self.tag.ends_with(b"/")),
        }
        Ok(Some(piece(&self.tag, &self.text)))
    }

    /// Reads to the next tag that opens or closes something; the end of the document is none.
    fn fill_tag(&mut self) -> Read<bool> {
        loop {
            if !self.take_until(b'<', false)? {
                return Ok(false);
            }
            self.tag.clear();
            loop {
                if !self.take_until(b'>', true)? {
                    return Err(self.damaged("it was cut off"));
                }
                if is_whole(&self.tag) {
                    break;
                }
                self.tag.push(b'>');
            }
            if !self.tag.starts_with(b"?") && !self.tag.starts_with(b"!") {
                return Ok(true);
            }
        }
    }

    /// Takes what stands before the next `end`, and `end` itself, into the tag or the text.
    fn take_until(&mut self, end: u8, is_tag: bool) -> Read<bool> {
        loop {
            let Self { source, path, tag, text, .. } = self;
            let ahead = source.fill_buf().map_err(|error| unreadable(path, &error))?;
            if ahead.is_empty() {
                return Ok(false);
            }
            let found = memchr::memchr(end, ahead);
            let before = ahead.get(..found.unwrap_or(ahead.len())).unwrap_or_default();
            match is_tag {
                true => tag.extend_from_slice(before),
                false => {
                    let room = MAX_TEXT.saturating_sub(text.len());
                    text.extend_from_slice(before.get(..room).unwrap_or(before));
                }
            }
            let used = before.len() + usize::from(found.is_some());
            source.consume(used);
            if self.tag.len() > MAX_TAG || self.length() > MAX_DOCUMENT {
                return Err(ReadError::new(&self.path, ReadErrorKind::TooLarge));
            }
            if found.is_some() {
                return Ok(true);
            }
        }
    }

    fn damaged(&self, why: &str) -> ReadError {
        ReadError::new(&self.path, ReadErrorKind::Damaged(why.to_owned()))
    }
}

/// What unpacks to nonsense is damaged.
fn unreadable(path: &str, error: &io::Error) -> ReadError {
    match ReadError::from_io(path, error).kind {
        ReadErrorKind::Other(why) => ReadError::new(path, ReadErrorKind::Damaged(why)),
        kind => ReadError::new(path, kind),
    }
}

/// Whether a `>` ends this tag: it may stand in a value or a comment as well.
fn is_whole(tag: &[u8]) -> bool {
    if tag.starts_with(b"!--") {
        return tag.len() >= 5 && tag.ends_with(b"--");
    }
    if tag.starts_with(b"![CDATA[") {
        return tag.ends_with(b"]]");
    }
    let mut open = None;
    for byte in tag {
        match open {
            None if matches!(byte, b'"' | b'\'') => open = Some(byte),
            Some(quote) if byte == quote => open = None,
            Some(_) | None => {}
        }
    }
    open.is_none()
}

fn piece<'a>(tag: &'a [u8], text: &'a [u8]) -> Piece<'a> {
    let said = |bytes: &'a [u8]| std::str::from_utf8(bytes).unwrap_or_default();
    let tag = said(tag);
    if let Some(name) = tag.strip_prefix('/') {
        return Piece::Close(name.trim(), said(text).trim());
    }
    let tag = tag.strip_suffix('/').unwrap_or(tag);
    let (name, attributes) = tag.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((tag, ""));
    Piece::Open(Tag { name, attributes })
}

fn without_entities(value: &str) -> Cow<'_, str> {
    const ENTITIES: [(&str, &str); 5] =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    if !value.contains('&') {
        return Cow::Borrowed(value);
    }
    let replace = |text: String, (from, to): &(&str, &str)| text.replace(from, to);
    Cow::Owned(ENTITIES.iter().fold(value.to_owned(), replace))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &[u8]) -> Read<Vec<String>> {
        let mut document = Document::of(text, "x.xml");
        let mut pieces = Vec::new();
        while let Some(piece) = document.next()? {
            pieces.push(match piece {
                Piece::Open(tag) => {
                    format!("<{} {:?}", tag.name, tag.attribute("name").as_deref())
                }
                Piece::Close(name, text) => format!("{text}>{name}"),
            });
        }
        Ok(pieces)
    }

    #[test]
    fn tags_attributes_and_text_are_told_apart() {
        let text =
            b"<?xml version=\"1.0\"?>\n<!-- <a> -> -->\n<a><b name='x > &amp;y' other=\"1\"/>\
            <c other=\"1\" name = \"&lt;z\">text</c></a>\n";
        let expected = ["<a None", "<b Some(\"x > &y\")", "<c Some(\"<z\")", "text>c", ">a"];
        assert_eq!(all(text).unwrap(), expected);
    }

    #[test]
    fn a_document_that_ends_early_is_damaged() {
        let whole = b"<a><b>text</b></a>";
        assert!(all(whole).is_ok());
        for end in 0..whole.len() {
            let error = all(&whole[..end]).unwrap_err();
            assert!(matches!(error.kind, ReadErrorKind::Damaged(_)), "{end}: {error}");
        }
    }

    #[test]
    fn a_tag_without_end_is_not_read_to_its_end() {
        let text = [b"<a name=\"".to_vec(), vec![b'x'; 1 << 20]].concat();
        assert_eq!(all(&text).unwrap_err().kind, ReadErrorKind::TooLarge);
    }

    proptest! {
        #[test]
        fn nothing_ends_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = all(&bytes);
        }

        #[test]
        fn nothing_like_a_document_ends_the_reader(text in "[<>/a\"'=!\\[\\]&; -]{0,60}") {
            let _ = all(text.as_bytes());
        }
    }
}
