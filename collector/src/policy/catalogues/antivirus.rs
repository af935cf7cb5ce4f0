//! Antivirus products: what they are called, what they are, and whose licences count.

use report::Bilingual;

use super::{Vintage, chosen};
use crate::policy::calendar::Calendar;
use crate::policy::document::{Item, Section};

/// What counts as licensed, and the products.
#[derive(Clone, Debug, Default)]
pub struct Antivirus {
    /// When the list was true.
    pub vintage: Vintage,
    /// Whether a free product counts as licensed.
    pub count_free: bool,
    /// Whether a product that comes with the operating system counts as licensed.
    pub count_builtin: bool,
    products: Vec<Product>,
}

/// One product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The id agents send.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What else it is or was called.
    pub also: Vec<String>,
    /// Who makes it.
    pub vendor: String,
    /// What it is.
    pub class: Class,
    /// How its licence shows on a machine.
    pub licence: Shows,
}

/// What a product is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It keeps malware from running.
    Antivirus,
    /// It also records what happens on the machine and reports it to a centre.
    Edr,
}

/// How a product's licence shows on a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The product itself tells.
    Vendor,
    /// Nothing on the machine tells; the vendor's console or the register does.
    None,
    /// It comes with the operating system.
    Builtin,
    /// It needs none.
    Free,
}

const CLASSES: [(&str, Class); 2] = [("antivirus", Class::Antivirus), ("edr", Class::Edr)];

const SHOWS: [(&str, Shows); 4] = [
    ("vendor", Shows::Vendor),
    ("none", Shows::None),
    ("builtin", Shows::Builtin),
    ("free", Shows::Free),
];

impl Antivirus {
    pub(super) fn read(section: &Section<'_>, calendar: &Calendar) -> Self {
        let flag = |key| section.need(key).and_then(|item| item.bool()).unwrap_or(false);
        Self {
            vintage: Vintage::read(section, calendar),
            count_free: flag("count_free"),
            count_builtin: flag("count_builtin"),
            products: section.need("products").map(|item| read_products(&item)).unwrap_or_default(),
        }
    }

    /// The product of this id.
    #[must_use]
    pub fn product(&self, id: &str) -> Option<&Product> {
        self.products.iter().find(|product| product.id == id)
    }

    /// The ids of the products that are listed.
    pub fn products(&self) -> impl Iterator<Item = &str> {
        self.products.iter().map(|product| product.id.as_str())
    }

    /// What people call a product; its id where it is not listed.
    #[must_use]
    pub fn name(&self, id: &str) -> Bilingual {
        Bilingual::same(self.product(id).map_or(id, |product| product.name.as_str()))
    }
}

fn read_products(item: &Item<'_>) -> Vec<Product> {
    let mut products: Vec<Product> = Vec::new();
    let Some(section) = item.section() else {
        return products;
    };
    for (id, item) in section.items() {
        let Some(product) = read_product(id, &item) else {
            continue;
        };
        for name in product.names() {
            if let Some(twin) = products.iter().find(|other| other.names().any(|n| n == name)) {
                item.wrong(format!("`{name}` is a name of `{}` already", twin.id));
            }
        }
        products.push(product);
    }
    products
}

impl Product {
    fn names(&self) -> impl Iterator<Item = &str> {
        self.also.iter().chain([&self.name]).map(String::as_str)
    }
}

fn read_product(id: &str, item: &Item<'_>) -> Option<Product> {
    let section = item.section()?;
    let name = section.need("name").and_then(|item| item.string());
    let also = section.get("also").map(|item| item.each(Item::string));
    let vendor = section.need("vendor").and_then(|item| item.string());
    let class = section.need("class").and_then(|item| chosen(&item, CLASSES));
    let licence = section.need("licence").and_then(|item| chosen(&item, SHOWS));
    section.finish();
    Some(Product {
        id: id.to_owned(),
        name: name?,
        also: also.unwrap_or_default(),
        vendor: vendor?,
        class: class?,
        licence: licence?,
    })
}
