//! Ids that are made up where a provider gives none.
//!
//! The danger is an id that changes: a client sends it back with the result, and whoever decodes the same
//! answer twice must find the same call. So nothing here is random.

/// An id for a call that has none: stable for the same answer, and nine letters and digits, which the
/// strictest provider wants (W-74).
pub(crate) fn made_id(seed: u64, index: u32) -> String {
    let mut rest = fnv(fnv(seed, b"call"), &index.to_le_bytes());
    let digits = b"0123456789abcdefghijklmnopqrstuvwxyz";
    (0..9)
        .map(|_| {
            let digit = digits[usize::try_from(rest % 36).unwrap_or(0)];
            rest /= 36;
            char::from(digit)
        })
        .collect()
}

/// FNV-1a, continued from `state`. Not for secrets: only so that ids differ between answers.
pub(crate) fn fnv(state: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(state ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
