//! Names of packages as a fact: as many as fit into a text, and how many more there are.

use report::Fact;

use crate::probes::findings::text;

const ROOM: usize = 240;

/// Names in their order; of one that is named twice in a row, one.
pub(super) fn names<'a>(names: impl Iterator<Item = &'a str>) -> Fact {
    let mut names: Vec<_> = names.collect();
    names.dedup();
    let mut said = String::new();
    for (at, name) in names.iter().enumerate() {
        if said.len() + name.len() > ROOM {
            said.push_str(&format!("+{}", names.len() - at));
            break;
        }
        said.push_str(name);
        said.push(' ');
    }
    text(&said)
}
