//! Opening the endpoint to the local network. Only these commands do.

use domain::Failure;

use super::{Caller, LanCertificate, LanStatus, Nothing, OpenLan};
use crate::{Engine, http};

/// The longest that is allowed at once: a day.
const LONGEST: u32 = 24 * 3600;

pub(super) async fn open(engine: &Engine, _: Caller, args: OpenLan) -> Result<LanStatus, Failure> {
    if !(1..=LONGEST).contains(&args.seconds) {
        return Err(Failure::invalid(
            "seconds",
            "The local network is served for a day at most.",
        ));
    }
    http::lan::open(engine, args).await
}

pub(super) async fn close(engine: &Engine, _: Caller, _: Nothing) -> Result<LanStatus, Failure> {
    Ok(http::lan::close(engine).await)
}

pub(super) async fn certificate(engine: &Engine, _: Caller, _: Nothing) -> Result<LanCertificate, Failure> {
    let pem = http::lan::certificate(engine).await?;
    Ok(LanCertificate { pem })
}
