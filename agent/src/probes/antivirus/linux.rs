//! Antivirus on Linux, which keeps no list of its products: each is looked for where its maker
//! installs it.

use report::fact::Ignorance;
use report::{Fact, Outcome, Reason, Record};

use super::{Found, clamav, outcome};
use crate::host::files::Read;
use crate::host::{Files, Host, Processes};
use crate::probes::Context;
use crate::probes::findings::{Product, word, yes_or_no};
use crate::probes::patches::dpkg;

/// A product that is recognised by the folder it installs itself in and says nothing more yet.
struct Installed {
    folder: &'static str,
    product: &'static str,
    vendor: &'static str,
}

const fn installed(folder: &'static str, product: &'static str, vendor: &'static str) -> Installed {
    Installed { folder, product, vendor }
}

/// Where the makers of commercial products install them.
#[rustfmt::skip]
const INSTALLED: &[Installed] = &[
    installed("opt/microsoft/mdatp", "microsoft-defender-endpoint", "Microsoft"),
    installed("opt/kaspersky/kesl", "kaspersky-endpoint-security", "Kaspersky"),
    installed("opt/kaspersky/kav4fs", "kaspersky-file-server", "Kaspersky"),
    installed("opt/eset/eea", "eset-endpoint-antivirus", "ESET"),
    installed("opt/eset/efs", "eset-server-security", "ESET"),
    installed("opt/drweb.com", "drweb", "Doctor Web"),
    installed("opt/bitdefender-security-tools", "bitdefender-endpoint-security-tools", "Bitdefender"),
    installed("opt/sophos-spl", "sophos-protection-linux", "Sophos"),
    installed("opt/sophos-av", "sophos-antivirus", "Sophos"),
    installed("opt/sentinelone", "sentinelone", "SentinelOne"),
    installed("opt/traps", "cortex-xdr", "Palo Alto Networks"),
    installed("opt/CrowdStrike", "crowdstrike-falcon", "CrowdStrike"),
    installed("opt/ds_agent", "trend-micro-deep-security", "Trend Micro"),
    installed("opt/McAfee/ens", "trellix-endpoint-security", "Trellix"),
    installed("opt/isec/ens", "trellix-endpoint-security", "Trellix"),
    installed("opt/Symantec/symantec_antivirus", "symantec-endpoint-protection", "Broadcom"),
    installed("usr/lib/symantec", "symantec-endpoint-protection", "Broadcom"),
    installed("opt/f-secure/linuxsecurity", "withsecure-linux-security", "WithSecure"),
];

/// Where traces of products are, read once for all of them.
pub(super) struct Sources<'a> {
    pub(super) files: &'a Files,
    pub(super) processes: Processes,
    pub(super) packages: Read<dpkg::Installed>,
}

impl<'a> Sources<'a> {
    pub(super) fn read(host: &'a Host) -> Self {
        Self {
            files: host.files(),
            processes: host.processes(),
            packages: dpkg::installed(host.files()),
        }
    }

    /// What kept a source from answering. A system without dpkg has no packages of it to miss.
    fn unanswered(&self) -> Option<Ignorance> {
        let packages = match &self.packages {
            Err(error) if !error.is_not_found() => Some(error.ignorance(Reason::NotSupported)),
            Ok(_) | Err(_) => None,
        };
        packages.or_else(|| self.processes.hidden().cloned())
    }
}

/// Everything a product may say of itself and these do not.
const NOT_SAID: [&str; 11] = [
    "version",
    "state",
    "realtime",
    "passive",
    "definitions_version",
    "definitions_at",
    "licence_status",
    "licence_until",
    "licence_evidence",
    "definitions_current",
    "supported_until",
];

/// Looks for antivirus products.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    outcome(look(host))
}

fn look(host: &Host) -> Found {
    let sources = Sources::read(host);
    let mut found = Found { products: Vec::new(), unanswered: sources.unanswered() };
    match clamav::look(&sources) {
        Fact::Known(record) => found.products.push(record),
        Fact::Absent => {}
        Fact::Unknown(why) => {
            found.unanswered.get_or_insert(why);
        }
    }
    for known in INSTALLED {
        match host.files().exists(known.folder) {
            Ok(true) => found.products.push(opaque(known)),
            Ok(false) => {}
            Err(error) => {
                let why = error.ignorance(Reason::NotSupported);
                found.unanswered.get_or_insert(why);
            }
        }
    }
    found
}

fn opaque(known: &Installed) -> Record {
    let mut product = Product::default();
    product.add("product", word(known.product), known.folder);
    product.add("vendor", word(known.vendor), known.folder);
    product.add("present", yes_or_no(true), known.folder);
    for field in NOT_SAID {
        product.add(field, Fact::unknown(Reason::ProductOpaque), "");
    }
    product.add("registered", Fact::unknown(Reason::NotSupported), "");
    product.into_record()
}
