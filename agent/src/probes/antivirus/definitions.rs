//! Vendor definitions: how a product is recognised, and where it keeps what it says of itself.
//!
//! A definition is data: one file for each product and system, built into the agent, and more of
//! them in a folder of the machine that only its administrator can write.

mod builtin;
#[cfg(feature = "foreign")]
pub(crate) mod listed;
mod local;
mod raw;
mod written;

use std::time::Duration;

use report::Platform;

use super::interpret::{Meaning, Told};
use crate::host::Host;
use crate::host::registry::View;

/// Whether this agent looks at Linux and at Windows machines at all: what only the other system has is
/// left out of the program that ships.
pub(super) const LINUX: bool = cfg!(any(feature = "foreign", unix));
pub(super) const WINDOWS: bool = cfg!(any(feature = "foreign", windows));

/// How one product shows itself on one system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Definition {
    /// The product's id, as the collector's catalogue spells it.
    pub(super) product: String,
    pub(super) vendor: String,
    /// Any of them shows that the product is here.
    pub(super) marks: Vec<Mark>,
    /// In the order they are asked.
    pub(super) readings: Vec<Wanted>,
}

/// What shows that a product is on the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) kind: MarkKind,
    pub(super) name: String,
}

/// Where a mark is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MarkKind {
    /// A file or folder.
    Path,
    /// A process of root's.
    Process,
    /// A service of Windows.
    Service,
    /// A key of the registry, in either view.
    Registry,
    /// How the name of an uninstall entry begins.
    Uninstall,
    /// A package of the system's package manager.
    Package,
    /// How a name begins in the Security Center.
    SecurityCenter,
    /// The altitude of a minifilter driver.
    Altitude,
}

/// One thing that a product is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The field of the catalogue.
    pub(super) field: &'static str,
    /// Whether the operating system's word goes before this one, as it does before "its service runs".
    pub(super) is_weak: bool,
    /// Whether the way it is read has been seen described, or is only remembered.
    pub(super) is_recalled: bool,
    /// Whether nobody is asked any more once this is known.
    pub(super) is_final: bool,
    /// Only where all of these hold.
    pub(super) when: Vec<Asked>,
    pub(super) how: How,
}

impl Wanted {
    /// Every place that is asked for it.
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        let asked = match &self.how {
            How::Asked(asked) => std::slice::from_ref(asked),
            How::All(all) => all,
            How::Says(_) => &[],
        };
        asked.iter().chain(&self.when).map(|asked| &asked.place)
    }
}

/// How a thing is learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// From one place.
    Asked(Asked),
    /// Yes, if every one of these says yes; no, if one says no.
    All(Vec<Asked>),
    /// It is always so.
    Says(Told),
}

/// A place and what its content means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) place: Place,
    pub(super) pick: Pick,
    pub(super) cut: Cut,
    pub(super) meaning: Meaning,
}

/// Where something is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A value of the registry; a component `*` of the key is any key.
    Registry { key: String, value: String, view: View },
    /// A property of the first instance of a class.
    Wmi { namespace: String, class: String, property: String },
    /// A file, or its end if it is a log, below the folder that a value of the registry names if
    /// there is one.
    File { path: String, below: Option<(String, String)>, is_log: bool },
    /// What the first of these programs says that is here.
    Program { paths: Vec<String>, arguments: Vec<String>, limit: Duration, any_exit: bool },
    /// Whether a process of root's with one of these names runs.
    Process(Vec<String>),
    /// Whether one of these services runs.
    Service(Vec<String>),
    /// A value of the uninstall entry that showed the product.
    Uninstall(String),
    /// The version of the first of these packages that is installed.
    Package(Vec<String>),
}

impl Place {
    /// As it is named where the answer is shown.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Registry { key, value, .. } => format!("{key}\\{value}"),
            Self::Wmi { namespace, class, property } => format!("{namespace}:{class}.{property}"),
            Self::File { path, .. } => path.clone(),
            Self::Program { paths, arguments, .. } => {
                let path = paths.first().map(String::as_str).unwrap_or_default();
                format!("{path} {}", arguments.join(" ")).trim_end().to_owned()
            }
            Self::Process(names) => format!("process {}", names.join(", ")),
            Self::Service(names) => format!("service {}", names.join(", ")),
            Self::Uninstall(value) => format!("uninstall entry {value}"),
            Self::Package(names) => format!("package {}", names.join(", ")),
        }
    }
}

/// Which part of a text is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    /// All of it.
    Whole,
    /// What stands behind one of these labels at the beginning of a line.
    Line(Vec<String>),
    /// `section/key` of an INI file.
    Ini(String),
    /// The first of these paths of a JSON document that leads to something.
    Json(Vec<String>),
    /// `root/element/…/element@attribute` of an XML document, which may be UTF-16 among other bytes.
    Xml(String),
}

/// What is cut off a text before it is understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cut {
    /// Everything up to and with the first of this; without it there is no answer.
    pub(super) after: Option<String>,
    /// Everything up to and with the last of this; without it nothing is cut.
    pub(super) after_last: Option<String>,
    /// Everything from the first of this on; without it nothing is cut. One blank is any blank.
    pub(super) before: Option<String>,
}

/// Every definition of a system, and what is wrong with those that cannot be used.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    pub(super) all: Vec<Definition>,
    /// Each with file, line and what would be right.
    pub(super) faults: Vec<String>,
}

impl Definitions {
    /// The machine's own go before those built in: whoever wrote them knows the machine.
    pub(super) fn of(host: &Host) -> Self {
        let mut definitions = local::read(host.files(), host.platform());
        for (name, text) in builtin::of(host.platform()) {
            definitions.add(name, text);
        }
        definitions
    }

    #[cfg(test)]
    pub(super) fn written(text: &str) -> Self {
        let mut definitions = Self::default();
        definitions.add("written.toml", text);
        assert_eq!(definitions.faults, [""; 0]);
        definitions
    }

    fn add(&mut self, name: &str, text: &str) {
        match raw::parse(name, text) {
            Ok(definition) => self.all.push(definition),
            Err(faults) => self.faults.extend(faults),
        }
    }

    /// The definition of the product that the Security Center calls so: of those whose beginning of
    /// the name fits the longest, and among equals, as a vendor calls several products the same, the
    /// one that is here.
    pub(super) fn by_registered_name(
        &self,
        name: &str,
        is_here: impl Fn(&Definition) -> bool,
    ) -> Option<&Definition> {
        let fits = |mark: &&Mark| mark.kind == MarkKind::SecurityCenter && begins(name, &mark.name);
        let longest = |definition: &Definition| {
            definition.marks.iter().filter(fits).map(|mark| mark.name.len()).max()
        };
        let named = self.all.iter().rev().filter_map(|it| Some((longest(it)?, it)));
        named.max_by_key(|(length, it)| (*length, is_here(it))).map(|(_, definition)| definition)
    }
}

/// Whether a name begins so, whatever the case; with a `$` at the end, whether it is so and no
/// more: the console of a product is called after it.
pub(super) fn begins(name: &str, beginning: &str) -> bool {
    match beginning.strip_suffix('$') {
        Some(whole) => name.eq_ignore_ascii_case(whole),
        None => {
            let start = name.get(..beginning.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(beginning))
        }
    }
}

/// Where a machine keeps definitions of its own.
pub(super) fn folder(platform: Platform) -> &'static str {
    match platform {
        Platform::Linux => "etc/lachan/antivirus.d",
        Platform::Windows => "ProgramData/Lachan/antivirus.d",
    }
}

#[cfg(test)]
mod tests;
