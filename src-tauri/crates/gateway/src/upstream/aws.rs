//! Signing of requests to Amazon (Signature Version 4).
//!
//! Each request is signed with its host, its time and the digest of its body; the secret itself never
//! leaves. Time is handed in, nothing is read or sent, so that the published test vectors can be checked.
//! The danger is a secret that is printed: it is kept wrapped, and the headers that prove it are marked
//! sensitive. Whose key may go to which host is decided before, by its origin (SEC-19).

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as sign_http};
use aws_sigv4::sign::v4::SigningParams;
use domain::{Failure, FailureKind};
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::failures::internal;

/// An access key of Amazon, as the text of a provider key holds it.
#[derive(Clone, Debug)]
pub(crate) struct AwsKey {
    id: String,
    secret: SecretString,
    session: Option<SecretString>,
}

impl AwsKey {
    /// Reads `ACCESS_KEY_ID:SECRET_ACCESS_KEY` or `ACCESS_KEY_ID:SECRET_ACCESS_KEY:SESSION_TOKEN`.
    ///
    /// # Errors
    /// [`FailureKind::ProviderKeyRejected`] when it is of neither form; the text is not repeated.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || {
            Failure::new(
                FailureKind::ProviderKeyRejected,
                "The provider key is not an access key of Amazon.",
            )
            .with_hint("Write it as ACCESS_KEY_ID:SECRET_ACCESS_KEY, with :SESSION_TOKEN after it for a temporary one.")
        };
        let mut words = text.trim().splitn(3, ':');
        let visible = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic());
        let mut word = || words.next().filter(visible).ok_or_else(wrong);
        let (id, secret) = (word()?, word()?);
        let session = match words.next() {
            Some(token) => Some(Some(token).filter(visible).ok_or_else(wrong)?.into()),
            None => None,
        };
        if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(wrong());
        }
        Ok(Self {
            id: id.to_owned(),
            secret: secret.into(),
            session,
        })
    }
}

/// What is signed of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unsigned<'a> {
    /// `POST`.
    pub method: &'a str,
    /// Its whole address, escaped as it will be sent. The host is signed from it.
    pub url: &'a Url,
    /// Headers that are signed with it; they must be sent as they are here.
    pub headers: &'a [(&'a str, &'a str)],
    /// Its body.
    pub body: &'a [u8],
}

/// Whom a signature is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    /// `eu-west-1`.
    pub region: &'a str,
    /// `bedrock`.
    pub service: &'a str,
}

/// Signs a request: the headers that must be added to it. The signature holds for some minutes around `now`.
///
/// # Errors
/// [`FailureKind::Internal`] when a header's value is none that can be signed.
pub(crate) fn sign(
    request: Unsigned<'_>,
    scope: Scope<'_>,
    key: &AwsKey,
    now: SystemTime,
) -> Result<Vec<(HeaderName, HeaderValue)>, Failure> {
    let session = key.session.as_ref().map(|token| token.expose_secret().to_owned());
    let identity =
        Credentials::new(&key.id, key.secret.expose_secret(), session, None, "provider key").into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(internal)?
        .into();
    let signable = SignableRequest::new(
        request.method,
        request.url.as_str(),
        request.headers.iter().copied(),
        SignableBody::Bytes(request.body),
    )
    .map_err(internal)?;
    let (instructions, _) = sign_http(signable, &params).map_err(internal)?.into_parts();
    let (headers, _) = instructions.into_parts();
    headers
        .into_iter()
        .map(|header| {
            let mut value = HeaderValue::try_from(header.value()).map_err(internal)?;
            value.set_sensitive(true);
            Ok((HeaderName::from_static(header.name()), value))
        })
        .collect()
}

/// The region that an address of Amazon names: `eu-west-1` of `bedrock-runtime.eu-west-1.amazonaws.com`.
pub(crate) fn region_in(host: &str) -> Option<&str> {
    let looks_like_one = |label: &&str| {
        let mut words = label.rsplitn(2, '-');
        let number = words.next().unwrap_or_default();
        let place = words.next().unwrap_or_default();
        (1..=2).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && place.contains('-')
            && place
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    let amazon = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"];
    amazon
        .iter()
        .any(|end| host.ends_with(end))
        .then(|| host.split('.').find(looks_like_one))?
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const KEY: &str = "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    /// 2015-08-30T12:36:00Z, the time of the published vectors.
    fn then() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160)
    }

    fn signed(request: Unsigned<'_>, scope: Scope<'_>, key: &str) -> Result<Vec<(String, String)>, Failure> {
        let headers = sign(request, scope, &AwsKey::parse(key)?, then())?;
        let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
        assert!(headers.iter().all(|(_, value)| value.is_sensitive()));
        Ok(headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), text(value)))
            .collect())
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn authorization(scope: &str, headers: &str, signature: &str) -> (String, String) {
        (
            "authorization".into(),
            format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/{scope}/aws4_request, \
                 SignedHeaders={headers}, Signature={signature}"
            ),
        )
    }

    /// `get-vanilla` and `post-vanilla` of Amazon's suite of test vectors.
    #[test]
    fn published_vectors_are_signed_as_published() -> Result<(), Failure> {
        let scope = Scope {
            region: "us-east-1",
            service: "service",
        };
        let address = url("https://example.amazonaws.com/");
        for (method, signature) in [
            (
                "GET",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "POST",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
        ] {
            let request = Unsigned {
                method,
                url: &address,
                headers: &[],
                body: b"",
            };
            let expected = [
                ("x-amz-date".to_owned(), "20150830T123600Z".to_owned()),
                authorization("us-east-1/service", "host;x-amz-date", signature),
            ];
            assert_eq!(signed(request, scope, KEY)?, expected);
        }
        Ok(())
    }

    /// The worked example of Amazon's documentation: a query and a content type.
    #[test]
    fn the_documented_example_is_signed_as_documented() -> Result<(), Failure> {
        let request = Unsigned {
            method: "GET",
            url: &url("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"),
            headers: &[("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
            body: b"",
        };
        let scope = Scope {
            region: "us-east-1",
            service: "iam",
        };
        let expected = authorization(
            "us-east-1/iam",
            "content-type;host;x-amz-date",
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        );
        assert_eq!(signed(request, scope, KEY)?[1], expected);
        Ok(())
    }

    /// A path with an escaped colon is escaped again before it is signed, a default port is not part of the
    /// host, and the session token is signed. The signature was worked out by hand from the rules.
    #[test]
    fn a_call_of_a_model_is_signed_with_its_session() -> Result<(), Failure> {
        let request = Unsigned {
            method: "POST",
            url: &url(
                "https://bedrock-runtime.eu-west-1.amazonaws.com:443/model/us.amazon.nova-2-lite-v1%3A0/converse",
            ),
            headers: &[("content-type", "application/json")],
            body: b"{}",
        };
        let scope = Scope {
            region: "eu-west-1",
            service: "bedrock",
        };
        let expected = [
            ("x-amz-date".to_owned(), "20150830T123600Z".to_owned()),
            authorization(
                "eu-west-1/bedrock",
                "content-type;host;x-amz-date;x-amz-security-token",
                "731edf02da67c037ad6c5cd8aa2601a4d8df8c533d4d8a9d48c8b61daea8b845",
            ),
            ("x-amz-security-token".to_owned(), "TOKEN+/=".to_owned()),
        ];
        assert_eq!(signed(request, scope, &format!("{KEY}:TOKEN+/="))?, expected);
        Ok(())
    }

    #[test]
    fn keys_are_read_and_never_shown() -> Result<(), Failure> {
        let key = AwsKey::parse(&format!(" {KEY}:TOKEN\n"))?;
        let shown = format!("{key:?}");
        assert!(shown.contains("AKIDEXAMPLE") && !shown.contains("wJalr") && !shown.contains("TOKEN"));
        for wrong in [
            "",
            "AKIDEXAMPLE",
            "AKIDEXAMPLE:",
            ":secret",
            "AKID EXAMPLE:s",
            "A:b c",
            "A:b:",
            "A/B:c",
        ] {
            let failure = AwsKey::parse(wrong).map(|_| ()).map_err(|failure| {
                assert!(wrong.is_empty() || !format!("{failure:?}").contains(wrong));
                failure.kind()
            });
            assert_eq!(failure, Err(FailureKind::ProviderKeyRejected), "{wrong:?}");
        }
        Ok(())
    }

    #[test]
    fn regions_are_read_from_addresses() {
        for (host, region) in [
            ("bedrock-runtime.eu-west-1.amazonaws.com", Some("eu-west-1")),
            ("bedrock.us-gov-west-1.amazonaws.com", Some("us-gov-west-1")),
            ("bedrock-mantle.ap-southeast-2.api.aws", Some("ap-southeast-2")),
            (
                "vpce-1a-2b.bedrock-runtime.us-east-1.vpce.amazonaws.com",
                Some("us-east-1"),
            ),
            ("iam.amazonaws.com", None),
            ("eu-west-1.example.com", None),
        ] {
            assert_eq!(region_in(host), region, "{host}");
        }
    }
}
