//! Schemas for editors, so that a mistake is underlined while it is typed.
//!
//! They are made from the tables the reader goes by: the catalogue of facts, what can be asked of
//! which kind, and the closed lists of words. What the reader accepts a schema accepts; what needs
//! more than one file or one place to be seen only the reader refuses.

use serde_json::{Map, Value as Json, json};

use self::shapes::{Key, table};

mod facts;
mod register;
mod rule;
mod shapes;
mod targets;

/// One kind of file of a policies folder.
struct FileKind {
    /// The name of its schema.
    name: &'static str,
    /// The files it is for.
    files: &'static str,
    title: [&'static str; 2],
    /// Every key of such a file.
    keys: fn() -> Vec<Key>,
    /// What several places of the schema speak of by name.
    definitions: fn() -> Map<String, Json>,
}

/// Every kind of file that has a schema.
const FILE_KINDS: &[FileKind] = &[
    FileKind {
        name: "rule",
        files: "rules/*.toml",
        title: ["Quy tắc", "A rule"],
        keys: rule::keys,
        definitions: facts::definitions,
    },
    FileKind {
        name: "targets",
        files: crate::policy::targets::FILE,
        title: ["Chỉ tiêu", "The goals"],
        keys: targets::keys,
        definitions: Map::new,
    },
    FileKind {
        name: "units",
        files: crate::register::units::FILE,
        title: ["Đơn vị", "Units"],
        keys: register::units,
        definitions: Map::new,
    },
    FileKind {
        name: "systems",
        files: crate::register::systems::FILE,
        title: ["Hệ thống thông tin", "Information systems"],
        keys: register::systems,
        definitions: Map::new,
    },
    FileKind {
        name: "waivers",
        files: crate::register::waivers::FILE,
        title: ["Ngoại lệ", "Waivers"],
        keys: register::waivers,
        definitions: Map::new,
    },
    FileKind {
        name: "licences",
        files: crate::register::licences::FILE,
        title: ["Hợp đồng bản quyền", "Contracts for antivirus"],
        keys: register::licences,
        definitions: Map::new,
    },
    FileKind {
        name: "training",
        files: crate::register::training::FILE,
        title: ["Phổ biến, tập huấn", "Training"],
        keys: register::training,
        definitions: Map::new,
    },
    FileKind {
        name: "declared",
        files: crate::register::declared::FILE,
        title: ["Máy kê khai", "Declared machines"],
        keys: register::declared,
        definitions: Map::new,
    },
];

/// Where editors that go by taplo find which schema is for which file.
const TAPLO: &str = ".taplo.toml";

/// Every file: path relative to a policies folder, and text. All are hidden, so that a folder with
/// them is read as one without.
#[must_use]
pub fn files() -> Vec<(String, String)> {
    let mut files = vec![(TAPLO.to_owned(), taplo())];
    files.extend(FILE_KINDS.iter().map(|kind| (kind.path(), kind.text())));
    files
}

fn taplo() -> String {
    let mut text = String::from(
        "# Do “lachan-collector policy schema” ghi ra. / Written by `lachan-collector policy schema`.\n\
         include = [\"**/*.toml\"]\n",
    );
    for kind in FILE_KINDS {
        text += &format!(
            "\n[[rule]]\ninclude = [\"{}\"]\n[rule.schema]\npath = \"{}\"\nenabled = true\n",
            kind.files,
            kind.path()
        );
    }
    text
}

impl FileKind {
    fn path(&self) -> String {
        format!(".schema/{}.schema.json", self.name)
    }

    fn schema(&self) -> Json {
        let mut schema = table((self.keys)());
        let [vi, en] = self.title;
        let definitions = (self.definitions)();
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
            schema.insert("title".to_owned(), json!(format!("{vi} / {en}")));
            if !definitions.is_empty() {
                schema.insert("definitions".to_owned(), Json::Object(definitions));
            }
        }
        schema
    }

    fn text(&self) -> String {
        format!("{:#}\n", self.schema())
    }
}

#[cfg(test)]
mod tests;
