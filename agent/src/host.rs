//! Placeholder.
use std::path::PathBuf;

/// Placeholder.
#[derive(Debug)]
pub struct Host(PathBuf);

impl Host {
    /// Placeholder.
    #[must_use]
    pub fn live() -> Self {
        Self(PathBuf::from("/"))
    }

    /// Placeholder.
    #[must_use]
    pub fn at(root: PathBuf) -> Self {
        Self(root)
    }

    /// Placeholder.
    #[must_use]
    pub fn root(&self) -> &std::path::Path {
        &self.0
    }
}
