//! The agent: it looks at its machine and writes a report.
