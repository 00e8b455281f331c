//! What may be named in `model`.

use domain::Failure;

use super::{Caller, ModelChoice, Nothing};
use crate::Engine;
use crate::models::{facts, raw_choices};
use crate::turn::choices;

pub(super) async fn list(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<ModelChoice>, Failure> {
    let roster = engine.roster().now();
    let mut all = choices(&roster, None);
    // the window shows how much of it a conversation takes
    for agent in &mut all {
        if let Some(provider) = roster.providers.get(&agent.target.provider) {
            agent.context = facts(engine, provider, &agent.target).await?.context;
        }
    }
    all.extend(raw_choices(engine).await?);
    Ok(all)
}
