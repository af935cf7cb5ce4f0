//! What a repository says of itself: its index, its list of packages and its advisories.

use std::collections::BTreeMap;

use report::fact::Ignorance;
use report::{Reason, Timestamp};

use super::super::packed;
use super::super::version::rpm::Evr;
use super::markup::{Document, Piece, Tag};
use crate::host::Files;
use crate::host::files::{Read, ReadError};

const PACKAGES: &str = "primary";
const ADVISORIES: &str = "updateinfo";

/// The same packed in a way of their own.
const CHUNKED: &str = "_zck";

/// The index of one repository.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    /// When the newest of its lists was made.
    pub(super) made: Option<Timestamp>,
    folder: String,
    lists: BTreeMap<String, List>,
}

/// One of its lists.
#[derive(Clone, Debug, Default)]
struct List {
    /// Its name in the folder.
    name: String,
    /// How long it is unpacked.
    length: Option<u64>,
}

impl Metadata {
    /// Reads the index in a folder.
    pub(super) fn read(files: &Files, folder: &str) -> Result<Self, Ignorance> {
        let path = format!("{folder}/repomd.xml");
        let stale = |error: ReadError| error.ignorance(Reason::SourceStale);
        let file = files.open(&path).map_err(stale)?;
        Self::parse(Document::of(file, &path), folder).map_err(stale)
    }

    fn parse<R: std::io::Read>(mut document: Document<R>, folder: &str) -> Read<Self> {
        let mut metadata = Self { folder: folder.to_owned(), ..Self::default() };
        let (mut kind, mut list) = (String::new(), List::default());
        while let Some(piece) = document.next()? {
            match piece {
                Piece::Open(tag) if tag.name == "data" => {
                    kind = tag.attribute("type").unwrap_or_default().into_owned();
                    list = List::default();
                }
                Piece::Open(tag) if tag.name == "location" => {
                    let href = tag.attribute("href").unwrap_or_default();
                    href.rsplit('/').next().unwrap_or_default().clone_into(&mut list.name);
                }
                Piece::Close("open-size", text) => list.length = text.parse().ok(),
                Piece::Close("timestamp", text) => {
                    let seconds = text.split('.').next().unwrap_or_default().parse().ok();
                    metadata.made = metadata.made.max(seconds.map(Timestamp));
                }
                Piece::Close("data", _) => {
                    metadata.lists.insert(std::mem::take(&mut kind), std::mem::take(&mut list));
                }
                Piece::Open(_) | Piece::Close(..) => {}
            }
        }
        Ok(metadata)
    }

    /// Whether it says which updates are for security.
    pub(super) fn has_advisories(&self) -> bool {
        self.lists.contains_key(ADVISORIES)
    }

    /// Every package it offers.
    pub(super) fn each_package(
        &self,
        files: &Files,
        mut note: impl FnMut(Offer<'_>),
    ) -> Result<(), Ignorance> {
        self.read_list(files, PACKAGES, |document| read_packages(document, &mut note))
    }

    /// Every package that a security advisory brings.
    pub(super) fn each_of_security(
        &self,
        files: &Files,
        mut note: impl FnMut(Offer<'_>),
    ) -> Result<(), Ignorance> {
        self.read_list(files, ADVISORIES, |document| read_advisories(document, &mut note))
    }

    /// Reads a list to its end: one that is shorter than its index says leaves something out.
    fn read_list(
        &self,
        files: &Files,
        kind: &str,
        read: impl FnOnce(&mut Document<Box<dyn std::io::Read>>) -> Read<()>,
    ) -> Result<(), Ignorance> {
        let Some(list) = self.lists.get(kind).filter(|list| !list.name.is_empty()) else {
            let why = format!("{}: names no {kind}", self.folder);
            return Err(Ignorance::new(Reason::SourceStale, &why));
        };
        let path = format!("{}/{}", self.folder, list.name);
        let extension = list.name.rsplit_once(".xml").map_or("?", |(_, extension)| extension);
        self.refuse_chunked(files, kind, &path)?;
        let mut document = Document::of(packed::unpack(files, &path, extension)?, &path);
        read(&mut document).map_err(|error| error.ignorance(Reason::SourceStale))?;
        let read = document.length();
        match list.length.filter(|stated| *stated != read) {
            None => Ok(()),
            Some(stated) => {
                let why = format!("{path}: {read} bytes where its index states {stated}");
                Err(Ignorance::new(Reason::ParseError, &why))
            }
        }
    }

    /// Where only the other packing was fetched, it is that which cannot be read.
    fn refuse_chunked(&self, files: &Files, kind: &str, path: &str) -> Result<(), Ignorance> {
        let Some(chunked) = self.lists.get(&format!("{kind}{CHUNKED}")) else {
            return Ok(());
        };
        let chunked = format!("{}/{}", self.folder, chunked.name);
        match (files.exists(path), files.exists(&chunked)) {
            (Ok(false), Ok(true)) => {
                let why = format!("{chunked}: packed in a way this agent cannot read");
                Err(Ignorance::new(Reason::NotSupported, &why))
            }
            (Ok(_) | Err(_), Ok(_) | Err(_)) => Ok(()),
        }
    }
}

/// One package as a repository offers it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer<'a> {
    pub(super) name: &'a str,
    pub(super) architecture: &'a str,
    pub(super) evr: Evr<'a>,
    /// The module it belongs to and the stream of it, where it does.
    pub(super) module: Option<(&'a str, &'a str)>,
}

/// Of a package's tags only the few below itself speak of it; those of its files and relations lie
/// deeper and have other names.
fn read_packages<R: std::io::Read>(
    document: &mut Document<R>,
    note: &mut impl FnMut(Offer<'_>),
) -> Read<()> {
    let mut package = Package::default();
    while let Some(piece) = document.next()? {
        match piece {
            Piece::Open(tag) => match tag.name {
                "package" => package = Package::default(),
                "version" => package.note_version(&tag, ["epoch", "ver", "rel"]),
                _ => {}
            },
            Piece::Close("name", text) => text.clone_into(&mut package.name),
            Piece::Close("arch", text) => text.clone_into(&mut package.architecture),
            Piece::Close("package", _) => note(package.offer(None)),
            Piece::Close(..) => {}
        }
    }
    Ok(())
}

/// An advisory names its packages by collection, and the module a collection belongs to.
fn read_advisories<R: std::io::Read>(
    document: &mut Document<R>,
    note: &mut impl FnMut(Offer<'_>),
) -> Read<()> {
    let mut is_security = false;
    let mut module: Option<(String, String)> = None;
    while let Some(piece) = document.next()? {
        match piece {
            Piece::Open(tag) => match tag.name {
                "update" => is_security = tag.attribute("type").as_deref() == Some("security"),
                "collection" => module = None,
                "module" => {
                    let said = |name| tag.attribute(name).unwrap_or_default().into_owned();
                    module = Some((said("name"), said("stream")));
                }
                "package" if is_security => {
                    let package = Package::of(&tag);
                    let module = module.as_ref().map(|(name, stream)| (&**name, &**stream));
                    note(package.offer(module));
                }
                _ => {}
            },
            Piece::Close(..) => {}
        }
    }
    Ok(())
}

#[derive(Default)]
struct Package {
    name: String,
    architecture: String,
    epoch: String,
    version: String,
    release: String,
}

impl Package {
    fn of(tag: &Tag<'_>) -> Self {
        let said = |name| tag.attribute(name).unwrap_or_default().into_owned();
        let mut package =
            Self { name: said("name"), architecture: said("arch"), ..Self::default() };
        package.note_version(tag, ["epoch", "version", "release"]);
        package
    }

    fn note_version(&mut self, tag: &Tag<'_>, [epoch, version, release]: [&str; 3]) {
        let said = |name| tag.attribute(name).unwrap_or_default().into_owned();
        (self.epoch, self.version, self.release) = (said(epoch), said(version), said(release));
    }

    fn offer<'a>(&'a self, module: Option<(&'a str, &'a str)>) -> Offer<'a> {
        let Self { name, architecture, epoch, version, release } = self;
        Offer { name, architecture, evr: Evr { epoch, version, release }, module }
    }
}
