//! Lines with a label, as programs print them for people.

/// What stands behind the first of the labels that begins a line; the labels are tried in order.
///
/// A label ends where a colon, an equals sign, a tab or two blanks follow, or the line does: of
/// `Agent state      Enabled` it is `Agent state`, and `Agent` is none. A label that ends with a blank
/// ends there.
pub(in crate::probes::antivirus) fn labelled<'t>(
    text: &'t str,
    labels: &[String],
) -> Option<&'t str> {
    labels.iter().find_map(|label| text.lines().find_map(|line| behind(line.trim(), label)))
}

fn behind<'t>(line: &'t str, label: &str) -> Option<&'t str> {
    let rest = line.strip_prefix(label)?;
    let blanks = rest.len() - rest.trim_start().len();
    let value = rest.trim_start();
    let is_wide = rest.starts_with('\t') || blanks > 1;
    match value.strip_prefix([':', '=']) {
        Some(value) => Some(value.trim()),
        None if label.ends_with(' ') => Some(value),
        None if is_wide || value.is_empty() => Some(value),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'t>(text: &'t str, label: &str) -> Option<&'t str> {
        labelled(text, &[label.to_owned()])
    }

    #[test]
    fn a_label_ends_at_a_colon_an_equals_sign_a_tab_or_two_blanks() {
        for line in [
            "Agent state: Enabled",
            "  Agent state :Enabled",
            "Agent state=Enabled",
            "Agent state\tEnabled",
            "Agent state      Enabled",
            "noise\r\nAgent state:   Enabled  \r\nmore",
        ] {
            assert_eq!(value(line, "Agent state"), Some("Enabled"), "{line:?}");
        }
        assert_eq!(value("Agent state:", "Agent state"), Some(""));
    }

    #[test]
    fn half_a_label_is_none() {
        for line in ["Agent state Enabled", "Agent states: Enabled", "The Agent state: Enabled"] {
            assert_eq!(value(line, "Agent state"), None, "{line:?}");
        }
        assert_eq!(value("Agent state: Enabled", "Agent"), None);
    }

    #[test]
    fn a_label_that_ends_with_a_blank_is_the_first_word_of_a_row() {
        assert_eq!(value("pmd 901 root Running", "pmd "), Some("901 root Running"));
        assert_eq!(value("pmdx 901 root Running", "pmd "), None);
    }

    #[test]
    fn labels_are_tried_in_their_order() {
        let labels = ["File Threat Protection", "File monitoring"].map(str::to_owned);
        let text = "File monitoring: stopped\nFile Threat Protection: running\n";
        assert_eq!(labelled(text, &labels), Some("running"));
    }
}
