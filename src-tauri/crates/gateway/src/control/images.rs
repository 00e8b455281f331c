//! Images that a conversation shows from elsewhere.
//!
//! The window has no network of its own (SEC-27): a person clicks, having seen the whole address, and the image
//! comes from here, under the rules of every fetch (SEC-33).

use base64ct::{Base64, Encoding as _};
use domain::Failure;

use super::{Caller, FetchImage, FetchedImage};
use crate::Engine;
use crate::fetch::Wanted;

pub(super) async fn fetch(engine: &Engine, _: Caller, args: FetchImage) -> Result<FetchedImage, Failure> {
    let fetched = engine.fetcher().fetch(&args.url, Wanted::Image).await?;
    let fetched = fetched.map_err(|refusal| {
        Failure::invalid("url", format!("The image was not fetched: {refusal}."))
            .with_code("invalid_image_url")
    })?;
    Ok(FetchedImage {
        data_url: format!(
            "data:{};base64,{}",
            fetched.media_type,
            Base64::encode_string(&fetched.bytes)
        ),
        media_type: fetched.media_type.to_owned(),
        bytes: u64::try_from(fetched.bytes.len()).unwrap_or(u64::MAX),
    })
}
