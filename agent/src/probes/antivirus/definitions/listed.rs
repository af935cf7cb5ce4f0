//! What the definitions built in read, as it is listed for people.

use report::Platform;

use super::{Definition, Mark, MarkKind, Place, builtin, raw};

/// One product, and everything that is read for it.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    /// As the collector's catalogue spells it.
    pub(crate) product: String,
    pub(crate) vendor: String,
    /// What shows that it is here.
    pub(crate) marks: Vec<Spot>,
    /// What is read once it is, with the field of the catalogue that it is read for.
    pub(crate) readings: Vec<(&'static str, Spot)>,
}

/// A place that a definition names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// Whether a file or folder is there.
    Path(String),
    /// The content of a file, or its last part; below the folder that a value of the registry names
    /// if there is one.
    File { path: String, below: Option<(String, String)> },
    /// A key of the registry, and the value of it that is read if one is.
    Registry { key: String, value: Option<String> },
    /// A property of a class of WMI.
    Wmi { namespace: String, class: String, property: String },
    /// Command lines, of which the first is run whose program is here.
    Program(Vec<String>),
    /// Whether one of these processes runs.
    Process(Vec<String>),
    /// Whether one of these services is there, and runs.
    Service(Vec<String>),
    /// Whether one of these packages is installed, and in which version.
    Package(Vec<String>),
    /// An entry of the installed programs whose name begins so, or a value of it.
    Uninstall(String),
    /// A product that is registered under a name that begins so.
    SecurityCenter(String),
    /// A driver at this altitude.
    Altitude(String),
}

/// Every product that is recognised on a system.
pub(crate) fn products(platform: Platform) -> Vec<Product> {
    let definitions = builtin::of(platform).iter().map(|(name, text)| raw::parse(name, text));
    definitions.flatten().map(Product::of).collect()
}

impl Product {
    fn of(definition: Definition) -> Self {
        let readings = definition.readings.iter();
        let readings =
            readings.flat_map(|wanted| wanted.places().map(|place| (wanted.field, place.into())));
        Self {
            readings: readings.collect(),
            marks: definition.marks.into_iter().map(Spot::from).collect(),
            product: definition.product,
            vendor: definition.vendor,
        }
    }
}

impl From<Mark> for Spot {
    fn from(mark: Mark) -> Self {
        let name = mark.name;
        match mark.kind {
            MarkKind::Path => Self::Path(name),
            MarkKind::Process => Self::Process(vec![name]),
            MarkKind::Service => Self::Service(vec![name]),
            MarkKind::Registry => Self::Registry { key: name, value: None },
            MarkKind::Uninstall => Self::Uninstall(name),
            MarkKind::Package => Self::Package(vec![name]),
            MarkKind::SecurityCenter => Self::SecurityCenter(name),
            MarkKind::Altitude => Self::Altitude(name),
        }
    }
}

impl From<&Place> for Spot {
    fn from(place: &Place) -> Self {
        match place.clone() {
            Place::Registry { key, value, .. } => Self::Registry { key, value: Some(value) },
            Place::Wmi { namespace, class, property } => Self::Wmi { namespace, class, property },
            Place::File { path, below, .. } => Self::File { path, below },
            Place::Program { paths, arguments, .. } => {
                let line = |path| [&[path], &arguments[..]].concat().join(" ");
                Self::Program(paths.into_iter().map(line).collect())
            }
            Place::Process(names) => Self::Process(names),
            Place::Service(names) => Self::Service(names),
            Place::Uninstall(value) => Self::Uninstall(value),
            Place::Package(names) => Self::Package(names),
        }
    }
}
