//! The starter model's weights.

use domain::Failure;

use super::{Caller, Nothing, StarterStatus};
use crate::Engine;

#[cfg(feature = "starter")]
pub(super) async fn fetch(engine: &Engine, _: Caller, _: Nothing) -> Result<StarterStatus, Failure> {
    crate::starter::fetch(engine);
    Ok(engine.starter().status())
}

#[cfg(feature = "starter")]
pub(super) async fn cancel(engine: &Engine, _: Caller, _: Nothing) -> Result<StarterStatus, Failure> {
    engine.starter().cancel();
    Ok(engine.starter().status())
}

#[cfg(not(feature = "starter"))]
pub(super) async fn fetch(_: &Engine, _: Caller, _: Nothing) -> Result<StarterStatus, Failure> {
    Ok(StarterStatus::NotBuilt)
}

#[cfg(not(feature = "starter"))]
pub(super) async fn cancel(_: &Engine, _: Caller, _: Nothing) -> Result<StarterStatus, Failure> {
    Ok(StarterStatus::NotBuilt)
}
