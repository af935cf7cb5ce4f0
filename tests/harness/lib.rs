//! Starts the real binaries over recorded machines.
