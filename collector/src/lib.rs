//! The collector: it admits reports and judges them by the policies.

pub mod machine;
pub mod policy;
pub mod register;
