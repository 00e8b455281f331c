//! Names in paths, which may hold anything: slashes, colons, or bytes that are no text.

use axum::extract::{FromRequestParts, Path};
use axum::response::Response;
use domain::{Failure, FailureKind};
use http::request::Parts;

use super::errors;

/// The rest of a path behind a route's own part, decoded and without the slash that some clients leave at its
/// end. What is no text is told in the client's shape, and not in the framework's.
pub(super) struct Rest(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Rest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(mut rest)) => {
                if rest.ends_with('/') {
                    rest.pop();
                }
                Ok(Self(rest))
            }
            Err(_) => {
                let failure = Failure::new(FailureKind::InvalidRequest, "The path is no text in UTF-8.")
                    .with_code("invalid_path");
                Err(errors::response(errors::wire_of(parts), &failure))
            }
        }
    }
}
