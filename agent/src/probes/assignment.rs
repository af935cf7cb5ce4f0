//! Placeholder.
use report::Text;

/// Placeholder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssignmentClaims {
    /// Placeholder.
    pub unit: Option<Text>,
    /// Placeholder.
    pub system: Option<Text>,
    /// Placeholder.
    pub level: Option<u8>,
}
