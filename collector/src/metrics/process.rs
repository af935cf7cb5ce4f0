//! The book of this process: what it did since it started.

use prometheus::proto::MetricFamily;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry,
};

use crate::identities::ByIssuer;

/// What this process counts.
#[derive(Clone, Debug)]
pub struct Process {
    registry: Registry,
    /// Reports and heartbeats that reached the store: a heartbeat that was taken is `heartbeat`,
    /// everything else goes by how it followed on the machine's past.
    pub reports: IntCounterVec,
    /// Contacts that asked for the time and nothing else.
    pub clock_contacts: IntCounter,
    /// Requests and handshakes that were refused.
    pub refusals: IntCounterVec,
    /// Facts that were kept and not judged.
    pub unknown_facts: IntCounter,
    /// Entries of the audit log.
    pub audit_entries: IntCounter,
    /// Whether the logs were what the kept heads say when that was last looked at.
    pub audit_log_intact: IntGauge,
    /// Changes of what the judge says of a member that were logged.
    pub verdict_changes: IntCounter,
    /// From a report's head to its answer, in seconds.
    pub report_duration: Histogram,
    /// One transaction of the store, in seconds.
    pub commit_duration: Histogram,
    /// Whether the last reading of the policies found no fault.
    pub reload_successful: IntGauge,
    /// Whether a policy set waits for an officer's word.
    pub policy_held: IntGauge,
    /// When a set last took effect.
    pub reload_success_at: IntGauge,
    policy: IntGaugeVec,
    certificate_not_after: IntGaugeVec,
    certificates: IntGaugeVec,
}

/// Up to the 30 seconds after which a request is given up.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

impl Process {
    /// An empty book.
    ///
    /// # Errors
    /// When two families have one name.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let counters = |name, help, label| -> Result<IntCounterVec, prometheus::Error> {
            let family = IntCounterVec::new(Opts::new(name, help), &[label])?;
            registry.register(Box::new(family.clone()))?;
            Ok(family)
        };
        let counter = |name, help| -> Result<IntCounter, prometheus::Error> {
            let family = IntCounter::new(name, help)?;
            registry.register(Box::new(family.clone()))?;
            Ok(family)
        };
        let gauge = |name, help| -> Result<IntGauge, prometheus::Error> {
            let family = IntGauge::new(name, help)?;
            registry.register(Box::new(family.clone()))?;
            Ok(family)
        };
        let gauges = |name, help, label| -> Result<IntGaugeVec, prometheus::Error> {
            let family = IntGaugeVec::new(Opts::new(name, help), &[label])?;
            registry.register(Box::new(family.clone()))?;
            Ok(family)
        };
        let histogram = |name, help| -> Result<Histogram, prometheus::Error> {
            let family =
                HistogramVec::new(HistogramOpts::new(name, help).buckets(SECONDS.to_vec()), &[])?
                    .with_label_values::<&str>(&[]);
            registry.register(Box::new(family.clone()))?;
            Ok(family)
        };
        let book = Self {
            reports: counters(
                "lachan_reports_total",
                "Reports and heartbeats that reached the store.",
                "outcome",
            )?,
            clock_contacts: counter(
                "lachan_clock_contacts_total",
                "Contacts that only asked for the time, those of the agents' doctor included.",
            )?,
            refusals: counters(
                "lachan_refusals_total",
                "Requests and handshakes that were refused.",
                "reason",
            )?,
            unknown_facts: counter(
                "lachan_unknown_facts_total",
                "Facts of newer agents that were kept and not judged.",
            )?,
            audit_entries: counter("lachan_audit_entries_total", "Entries of the audit log.")?,
            audit_log_intact: gauge(
                "lachan_audit_log_intact",
                "Whether the logs are what the signed heads beside the store say.",
            )?,
            verdict_changes: counter(
                "lachan_verdict_changes_total",
                "Changes of what the judge says of a member, as they were logged.",
            )?,
            report_duration: histogram(
                "lachan_report_duration_seconds",
                "From a report's head to its answer.",
            )?,
            commit_duration: histogram(
                "lachan_store_commit_duration_seconds",
                "One transaction of the store, until it is durable.",
            )?,
            reload_successful: gauge(
                "lachan_policy_last_reload_successful",
                "Whether the last reading of the policies found no fault.",
            )?,
            policy_held: gauge(
                "lachan_policy_held",
                "Whether a policy set waits to be accepted; the one before stays in force.",
            )?,
            reload_success_at: gauge(
                "lachan_policy_last_reload_success_timestamp_seconds",
                "When a policy set last took effect.",
            )?,
            policy: gauges("lachan_policy_info", "The policy set in force.", "hash")?,
            certificate_not_after: gauges(
                "lachan_certificate_not_after_timestamp_seconds",
                "When a certificate of the collector ends.",
                "certificate",
            )?,
            certificates: gauges(
                "lachan_certificates",
                "Machines by the authority of the certificate they speak by: the current one, a \
                 former one that is still accepted, or one that is retired and shuts them out.",
                "issuer",
            )?,
            registry: registry.clone(),
        };
        Ok(book)
    }

    /// A policy set took effect.
    pub fn policies_in_force(&self, hash: &str, at: report::Timestamp) {
        self.policy.reset();
        self.policy.with_label_values(&[hash]).set(1);
        self.reload_successful.set(1);
        self.policy_held.set(0);
        self.reload_success_at.set(at.0);
    }

    /// A certificate of the collector ends then.
    pub fn certificate(&self, name: &str, not_after: report::Timestamp) {
        self.certificate_not_after.with_label_values(&[name]).set(not_after.0);
    }

    /// So many machines speak by a certificate of each authority.
    pub fn issuers(&self, count: ByIssuer) {
        let ByIssuer { current, former, retired } = count;
        for (issuer, machines) in [("current", current), ("former", former), ("retired", retired)] {
            let machines = i64::try_from(machines).unwrap_or(i64::MAX);
            self.certificates.with_label_values(&[issuer]).set(machines);
        }
    }

    /// The book's content; a family that has counted nothing yet is left out.
    #[must_use]
    pub fn gather(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_book_prints_and_counts_nothing() {
        let text = crate::metrics::text(&Process::new().unwrap().gather()).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("lachan_audit_entries_total 0"), "{text}");
        assert!(!text.contains("lachan_refusals_total{"), "{text}");
    }

    #[test]
    fn only_one_policy_set_is_in_force() {
        let book = Process::new().unwrap();
        book.policies_in_force("aa", report::Timestamp(1));
        book.policies_in_force("bb", report::Timestamp(2));
        let text = String::from_utf8(crate::metrics::text(&book.gather()).unwrap()).unwrap();
        assert!(text.contains(r#"lachan_policy_info{hash="bb"} 1"#), "{text}");
        assert!(!text.contains(r#"hash="aa""#), "{text}");
    }
}
