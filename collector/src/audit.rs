//! The audit log: who did what to whom, kept beside the change itself in one transaction.
//!
//! It is [chained](crate::store::Log), as the log of verdicts is. [`head`] says how both end, signed
//! with the [`key`] that never lies in the store; [`verification`] says what somebody has done to
//! them since.

pub mod head;
pub mod kept;
pub mod key;
pub mod verification;

use report::Timestamp;

/// One entry. Its text comes from this program; what a machine said enters only as a
/// [`report::Text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, by the collector's clock.
    pub at: Timestamp,
    /// Who: `uid:0` of an officer's command, `machine:<id>`, `address:<ip>` or `collector`.
    pub actor: String,
    /// What was done.
    pub action: Action,
    /// To whom or what.
    pub subject: String,
    /// What else matters.
    pub detail: String,
}

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The collector began to serve.
    Started,
    /// A join token was made.
    TokenCreated,
    /// Join tokens for several rows were made at once.
    TokensCreated,
    /// A join token was revoked.
    TokenRevoked,
    /// A machine joined.
    Enrolled,
    /// A machine joined and claims a row that another holds.
    EnrolledPending,
    /// A machine that waited was given the row it claims.
    Approved,
    /// A machine that waited was turned away.
    Rejected,
    /// A machine renewed its certificate.
    Renewed,
    /// An identity was revoked.
    Revoked,
    /// An identity ended because another machine was given its row.
    Superseded,
    /// A machine came back from a backup.
    Restored,
    /// Two machines were seen with one identity.
    CloneSeen,
    /// Somebody was refused for a reason; one entry stands for many.
    Refused,
    /// A report that came as a file was taken.
    Imported,
    /// A policy set took effect.
    PoliciesInForce,
    /// A policy set was faulty and was not used.
    PoliciesRefused,
    /// A policy set waits for an officer's word.
    PoliciesHeld,
    /// An officer said yes to the set that waited, and it took effect.
    PoliciesAccepted,
    /// The set that waited is no longer in the folder.
    PoliciesWithdrawn,
    /// What was said of everyone as of a moment was kept.
    SnapshotMade,
    /// The store was made for a simulation: its machines do not exist.
    Simulated,
    /// A key was made that heads are signed with from now on.
    AuditKeyMade,
    /// An authority issues, or is accepted, from now on.
    AuthorityMade,
    /// An authority is accepted no longer.
    AuthorityRetired,
}

impl Action {
    /// Every one.
    pub const ALL: [Self; 25] = [
        Self::Started,
        Self::TokenCreated,
        Self::TokensCreated,
        Self::TokenRevoked,
        Self::Enrolled,
        Self::EnrolledPending,
        Self::Approved,
        Self::Rejected,
        Self::Renewed,
        Self::Revoked,
        Self::Superseded,
        Self::Restored,
        Self::CloneSeen,
        Self::Refused,
        Self::Imported,
        Self::PoliciesInForce,
        Self::PoliciesRefused,
        Self::PoliciesHeld,
        Self::PoliciesAccepted,
        Self::PoliciesWithdrawn,
        Self::SnapshotMade,
        Self::Simulated,
        Self::AuditKeyMade,
        Self::AuthorityMade,
        Self::AuthorityRetired,
    ];

    /// The name in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::TokenCreated => "token_created",
            Self::TokensCreated => "tokens_created",
            Self::TokenRevoked => "token_revoked",
            Self::Enrolled => "enrolled",
            Self::EnrolledPending => "enrolled_pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Renewed => "renewed",
            Self::Revoked => "revoked",
            Self::Superseded => "superseded",
            Self::Restored => "restored",
            Self::CloneSeen => "clone_seen",
            Self::Refused => "refused",
            Self::Imported => "imported",
            Self::PoliciesInForce => "policies_in_force",
            Self::PoliciesRefused => "policies_refused",
            Self::PoliciesHeld => "policies_held",
            Self::PoliciesAccepted => "policies_accepted",
            Self::PoliciesWithdrawn => "policies_withdrawn",
            Self::SnapshotMade => "snapshot_made",
            Self::Simulated => "simulated",
            Self::AuditKeyMade => "audit_key_made",
            Self::AuthorityMade => "authority_made",
            Self::AuthorityRetired => "authority_retired",
        }
    }
}
