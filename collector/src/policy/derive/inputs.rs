//! From which facts each derived fact is derived.
//!
//! What it takes beside them, of the catalogues and the register, is its
//! [evidence](crate::policy::facts::Evidence).

use report::FactKey;

const PRODUCTS: FactKey = FactKey::of("antivirus.products");
const COMPLETE: FactKey = FactKey::of("antivirus.complete");
const OS_ID: FactKey = FactKey::of("machine.os_id");
const OS_VERSION: FactKey = FactKey::of("machine.os_version");
const OS_INSTALLATION: FactKey = FactKey::of("machine.os_installation");
const PRIMARY: FactKey = FactKey::of("antivirus.primary.product");
const STATUS: FactKey = FactKey::of("antivirus.licence.status");
const UNTIL: FactKey = FactKey::of("antivirus.licence.until");

/// A field of the elected product.
const ELECTED: &[FactKey] = &[PRIMARY];

/// Each derived fact with what it is derived from.
const INPUTS: &[(FactKey, &[FactKey])] = &[
    (PRIMARY, &[PRODUCTS, COMPLETE]),
    (FactKey::of("antivirus.primary.vendor"), ELECTED),
    (FactKey::of("antivirus.primary.version"), ELECTED),
    (FactKey::of("antivirus.primary.state"), ELECTED),
    (FactKey::of("antivirus.primary.realtime"), ELECTED),
    (FactKey::of("antivirus.primary.definitions_at"), ELECTED),
    (FactKey::of("antivirus.primary.definitions_version"), ELECTED),
    (STATUS, &[PRIMARY, UNTIL]),
    (FactKey::of("antivirus.licence.accepted"), &[STATUS]),
    (UNTIL, ELECTED),
    (FactKey::of("antivirus.licence.evidence"), ELECTED),
    (FactKey::of("patches.security_pending_days"), &[FactKey::of("patches.security_pending")]),
    (
        FactKey::of("patches.content_date"),
        &[
            FactKey::of("machine.os_family"),
            OS_ID,
            OS_VERSION,
            OS_INSTALLATION,
            FactKey::of("patches.security_pending"),
            FactKey::of("patches.security_sources"),
            FactKey::of("patches.lists_at"),
        ],
    ),
    (
        FactKey::of("os.supported_until"),
        &[
            FactKey::of("machine.os_family"),
            OS_ID,
            OS_VERSION,
            FactKey::of("machine.os_edition"),
            OS_INSTALLATION,
            FactKey::of("patches.extended_support"),
        ],
    ),
    (FactKey::of("machine.level"), &[]),
    (FactKey::of("machine.kind"), &[FactKey::of("machine.chassis")]),
    (FactKey::of("machine.unit"), &[]),
    (
        FactKey::of("machine.level_mismatch"),
        &[FactKey::of("assignment.level"), FactKey::of("machine.level")],
    ),
];

/// The facts that a fact is derived from; what an agent sees is derived from none.
#[must_use]
pub(crate) fn inputs(key: FactKey) -> &'static [FactKey] {
    INPUTS.iter().find(|(derived, _)| *derived == key).map_or(&[], |(_, inputs)| inputs)
}

#[cfg(test)]
mod tests;
