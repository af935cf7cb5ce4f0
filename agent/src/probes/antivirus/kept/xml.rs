//! An XML document with nothing in it but the attributes that are read.

use std::collections::BTreeMap;

use crate::probes::antivirus::formats::xml;

/// An element with what is kept of it.
#[derive(Debug, Default)]
pub(super) struct Element {
    attributes: BTreeMap<String, String>,
    below: BTreeMap<String, Self>,
}

impl Element {
    /// Keeps the attribute that a path leads to, if it is there.
    pub(super) fn keep(&mut self, document: &[u8], path: &str) {
        let Some(value) = xml::attribute(document, path) else { return };
        let (elements, attribute) = path.split_once('@').unwrap_or((path, ""));
        let element = elements
            .split('/')
            .fold(self, |element, name| element.below.entry(name.to_owned()).or_default());
        element.attributes.insert(attribute.to_owned(), value);
    }

    /// The document.
    pub(super) fn text(&self) -> String {
        self.below.iter().map(|(name, element)| element.written(name)).collect()
    }

    fn written(&self, name: &str) -> String {
        let attributes = self.attributes.iter();
        let attributes: String =
            attributes.map(|(name, value)| format!(" {name}=\"{}\"", escaped(value))).collect();
        format!("<{name}{attributes}>{}</{name}>", self.text())
    }
}

fn escaped(text: &str) -> String {
    let named = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")];
    named.iter().fold(text.to_owned(), |text, (letter, name)| text.replace(letter, name))
}
