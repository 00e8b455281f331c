//! Providers whose certificate proves nothing: what is wrong with it, and what a person can do (REL-26).
//!
//! Such a connection is never used. The danger is the advice to look away: the only remedy offered is to name
//! the authority that signed it, for this one provider.

use std::error::Error;
use std::io;

use domain::{Failure, FailureKind};
use rustls::CertificateError;

/// The failure of a connection that ended over its certificate or its version of TLS; `None` when it ended
/// otherwise.
pub(super) fn of(error: &reqwest::Error) -> Option<Failure> {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(one) = cause {
        if let Some(found) = one.downcast_ref() {
            return Some(told(found));
        }
        // what an I/O error wraps is not its source, and it may wrap another
        let wrapped = one.downcast_ref().and_then(io::Error::get_ref);
        cause = match wrapped {
            Some(inner) => Some(inner),
            None => one.source(),
        };
    }
    None
}

fn told(error: &rustls::Error) -> Failure {
    let (what, hint) = if let rustls::Error::InvalidCertificate(why) = error {
        certificate(why)
    } else {
        (
            "No safe connection to the provider came about.",
            "It must speak TLS 1.2 or newer; check its address and port.",
        )
    };
    Failure::new(FailureKind::UpstreamUnreachable, what).with_hint(hint)
}

fn certificate(why: &CertificateError) -> (&'static str, &'static str) {
    use CertificateError as C;
    if matches!(why, C::Expired | C::ExpiredContext { .. }) {
        (
            "The provider's certificate has expired.",
            "Its operator must renew it; check this machine's clock too.",
        )
    } else if matches!(why, C::NotValidYet | C::NotValidYetContext { .. }) {
        (
            "The provider's certificate is not valid yet.",
            "Check this machine's clock.",
        )
    } else if matches!(why, C::NotValidForName | C::NotValidForNameContext { .. }) {
        (
            "The provider's certificate is for another name.",
            "Check the base URL: use the name that the certificate is for.",
        )
    } else if matches!(why, C::Revoked) {
        (
            "The provider's certificate was revoked.",
            "Ask its operator; do not use it meanwhile.",
        )
    } else {
        (
            "The provider's certificate is signed by nobody this machine trusts.",
            "If it is your own server or your company's, name the authority that signed it with `inglenook provider add --ca FILE`.",
        )
    }
}
