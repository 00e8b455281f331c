//! Names of things. Ids are made from a UUID that the caller brings; slugs are chosen by people.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use crate::{Failure, FailureKind};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[serde(transparent)]
        #[ts(type = "string")]
        pub struct $name(Box<str>);

        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &str = $prefix;

            /// Makes an id; a UUID of version 7 keeps ids in the order of their making.
            pub fn from_uuid(uuid: Uuid) -> Self {
                let mut text = String::with_capacity($prefix.len() + 32);
                text.push_str($prefix);
                let mut hex = Uuid::encode_buffer();
                text.push_str(uuid.simple().encode_lower(&mut hex));
                Self(text.into())
            }

            /// Takes a text that was an id before: from the database, a URL or a command.
            /// `None` when it does not have the shape of one.
            pub fn parse(text: &str) -> Option<Self> {
                let rest = text.strip_prefix($prefix)?;
                let fits = !rest.is_empty()
                    && rest.len() <= 64
                    && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
                fits.then(|| Self(text.into()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// An agent's stable id.
    AgentId,
    "ag_"
);
id!(
    /// A session.
    SessionId,
    "se_"
);
id!(
    /// A message of a session.
    MessageId,
    "ms_"
);
id!(
    /// A call.
    CallId,
    "ca_"
);
id!(
    /// A response that a client may come back for.
    ResponseId,
    "resp_"
);
id!(
    /// A ledger entry.
    EntryId,
    "en_"
);
id!(
    /// A question to a person, or an answer that holds for later.
    ApprovalId,
    "ap_"
);
id!(
    /// A client key's id; not the secret.
    ClientKeyId,
    "ck_"
);

/// A short name that people choose and type: lower-case letters, digits and inner hyphens,
/// 1 to 63 characters. Unique among agents and among providers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub struct Slug(Box<str>);

impl Slug {
    /// Checks a slug.
    ///
    /// # Errors
    /// [`FailureKind::InvalidRequest`] naming what is allowed.
    pub fn new(text: &str) -> Result<Self, Failure> {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = (1..=63).contains(&text.len())
            && text.bytes().all(inner)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if fits {
            Ok(Self(text.into()))
        } else {
            Err(Failure::new(
                FailureKind::InvalidRequest,
                "A slug has 1 to 63 lower-case letters, digits and hyphens, and no hyphen at either end.",
            )
            .with_param("slug"))
        }
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Slug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Slug {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self, Failure> {
        Self::new(&text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0.into()
    }
}

/// Providers are named by their slug alone.
pub type ProviderId = Slug;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_the_order_of_their_uuids() {
        let (older, newer) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert!(CallId::from_uuid(older) < CallId::from_uuid(newer));
        let id = AgentId::from_uuid(newer);
        assert_eq!(AgentId::parse(id.as_str()), Some(id));
        for bad in ["", "ag_", "se_1", "ag_../x", "ag_ä"] {
            assert_eq!(AgentId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn slugs_are_checked_also_when_they_are_deserialised() {
        assert!(Slug::new("code-reviewer-2").is_ok());
        for bad in ["", "-a", "a-", "A", "a b", "a/b", "ä", &"x".repeat(64)] {
            assert!(Slug::new(bad).is_err(), "{bad}");
            assert!(
                serde_json::from_value::<Slug>(serde_json::json!(bad)).is_err(),
                "{bad}"
            );
        }
    }
}
