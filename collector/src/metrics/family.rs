//! A family of gauges that is written down once and thrown away.

use prometheus::proto::{Gauge, LabelPair, Metric, MetricFamily, MetricType};

/// Gauges of one name. Each set of labels is to be written once.
#[derive(Debug)]
pub(super) struct Family {
    name: &'static str,
    help: &'static str,
    labels: &'static [&'static str],
    metrics: Vec<Metric>,
}

impl Family {
    pub(super) fn new(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Self {
        Self { name, help, labels, metrics: Vec::new() }
    }

    /// A number of things, under the values of the labels.
    pub(super) fn count(&mut self, values: &[&str], count: u64) {
        self.set(values, count as f64);
    }

    /// A number, under the values of the labels.
    pub(super) fn set(&mut self, values: &[&str], number: f64) {
        let pairs = self.labels.iter().zip(values).map(|(name, value)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        });
        // In the order of their names, as every library writes them.
        let mut pairs: Vec<_> = pairs.collect();
        pairs.sort_by(|one, other| one.name().cmp(other.name()));
        let mut gauge = Gauge::default();
        gauge.set_value(number);
        let mut metric = Metric::from_gauge(gauge);
        metric.set_label(pairs);
        self.metrics.push(metric);
    }

    /// As the text form wants it; `None` where nothing was written.
    pub(super) fn written(self) -> Option<MetricFamily> {
        if self.metrics.is_empty() {
            return None;
        }
        let mut family = MetricFamily::default();
        family.set_name(self.name.to_owned());
        family.set_help(self.help.to_owned());
        family.set_field_type(MetricType::GAUGE);
        family.set_metric(self.metrics);
        Some(family)
    }
}
