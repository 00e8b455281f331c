//! Why something was not fetched: a closed set, in words that tell nothing about the network inside.

use std::error::Error;
use std::fmt;

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is no plain http or https address.
    NotAnAddress,
    /// It carries a user's name or password.
    Credentials,
    /// It leads away from TLS.
    Downgrade,
    /// A port that no web server has.
    Port,
    /// It leads into this machine or a private network.
    Inside,
    /// Nobody has that name.
    NoSuchHost,
    /// There was no connection, or it broke.
    Unreachable,
    /// One redirect after the other.
    TooManyRedirects,
    /// The server refused, with this status.
    Status(u16),
    /// More than one may be.
    TooLarge,
    /// Not within the time there is.
    TooSlow,
    /// Its site does not want machines to read it.
    Unwelcome,
    /// It is not what it was taken for.
    WrongKind,
}

impl Refusal {
    /// Reads what became of an exchange; ours are in there somewhere, below those of the libraries.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        let mut source = error.source();
        while let Some(one) = source {
            if let Some(refusal) = one.downcast_ref::<Self>() {
                return *refusal;
            }
            source = one.source();
        }
        if error.is_timeout() {
            Self::TooSlow
        } else {
            Self::Unreachable
        }
    }
}

impl fmt::Display for Refusal {
    /// As the end of a sentence that begins with what was to be fetched.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnAddress => f.write_str("it is not a plain http or https address"),
            Self::Credentials => f.write_str("its address carries a user name or a password"),
            Self::Downgrade => f.write_str("its server leads from https to http"),
            Self::Port => f.write_str("its port is not one of web servers"),
            Self::Inside => f.write_str("it does not lie on the public internet"),
            Self::NoSuchHost => f.write_str("its host was not found"),
            Self::Unreachable => f.write_str("its server could not be reached"),
            Self::TooManyRedirects => f.write_str("its server redirects too often"),
            Self::Status(status) => write!(f, "its server answered with status {status}"),
            Self::TooLarge => f.write_str("it is too large"),
            Self::TooSlow => f.write_str("it took too long"),
            Self::Unwelcome => f.write_str("its site does not let machines read it (robots.txt)"),
            Self::WrongKind => f.write_str("its bytes are of no kind that models read"),
        }
    }
}

impl Error for Refusal {}
