//! The guard: what comes in, and everything that does not.
