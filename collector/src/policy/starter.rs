//! The folder that `init` writes: the rules, goals and catalogues of this repository, and an
//! empty register with what to write in it.

/// Each file: relative path and text.
#[must_use]
pub fn starter_files() -> &'static [(&'static str, &'static str)] {
    &[]
}
