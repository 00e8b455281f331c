//! What may be named in `model`.

use domain::Failure;

use super::{Caller, ModelChoice, Nothing};
use crate::Engine;
use crate::models::raw_choices;
use crate::turn::choices;

pub(super) async fn list(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<ModelChoice>, Failure> {
    let mut all = choices(&engine.roster().now(), None);
    all.extend(raw_choices(engine).await?);
    Ok(all)
}
