//! Questions to a server whose address a stranger wrote down: its documents, and what it is told in confidence.
//!
//! The danger is a question with a secret in it that is sent on. So only documents are followed to another address, each
//! checked like the first; what is posted is posted once, to exactly where it was meant to go.

use bytes::Bytes;
use domain::Failure;
use reqwest::{RequestBuilder, Response};

use super::{Fetcher, Refusal, place};

const JSON: &str = "application/json";

/// An answer, whatever its status.
pub(crate) struct Answer {
    /// The status.
    pub status: u16,
    /// All that it says.
    pub body: Bytes,
}

impl Fetcher {
    /// Whether an address may be asked at all, as far as that can be told without looking its name up.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, address: &str) -> Result<(), Refusal> {
        place::read(address, &self.policy).map(|_| ())
    }

    /// Gets a document of at most `most` bytes.
    ///
    /// # Errors
    /// As [`Fetcher::fetch`]; a status besides 200 is a refusal.
    pub async fn document(&self, address: &str, most: usize) -> Result<Result<Bytes, Refusal>, Failure> {
        self.guarded(address, async |client, url| {
            let response = self.follow(client, url, JSON).await?;
            all(response, most).await
        })
        .await
    }

    /// Posts what `fill` puts into the request, and gives the answer; nothing is followed.
    ///
    /// # Errors
    /// As [`Fetcher::fetch`].
    pub async fn post(
        &self,
        address: &str,
        fill: impl FnOnce(RequestBuilder) -> RequestBuilder,
        most: usize,
    ) -> Result<Result<Answer, Refusal>, Failure> {
        self.guarded(address, async |client, url| {
            answer(fill(client.post(url).header("accept", JSON)), most).await
        })
        .await
    }
}

/// Sends a request and reads its answer, of which at most `most` bytes are taken.
pub(crate) async fn answer(request: RequestBuilder, most: usize) -> Result<Answer, Refusal> {
    let response = request.send().await.map_err(|error| Refusal::of(&error))?;
    let status = response.status().as_u16();
    let body = all(response, most).await?;
    Ok(Answer { status, body })
}

async fn all(mut response: Response, most: usize) -> Result<Bytes, Refusal> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Refusal::of(&error))? {
        if bytes.len() + chunk.len() > most {
            return Err(Refusal::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.into())
}
