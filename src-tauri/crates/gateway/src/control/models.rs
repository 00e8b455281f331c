//! What may be named in `model`.

use domain::Failure;

use super::{Caller, ModelChoice, Nothing};
use crate::Engine;
use crate::turn::choices;

pub(super) async fn list(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<ModelChoice>, Failure> {
    let roster = engine.roster().now();
    let mut all = choices(&roster, None);
    let mut providers: Vec<_> = roster.providers.values().collect();
    providers.sort_by(|one, other| one.id.cmp(&other.id));
    for provider in providers {
        let Some(list) = super::providers::known_models(engine, provider).await? else {
            continue;
        };
        all.extend(list.models.into_iter().filter_map(|model| {
            let target = domain::Target::parse(&format!("{}/{}", provider.id, model.id)).ok()?;
            let context = model.context;
            Some(ModelChoice {
                id: target.to_string(),
                name: model.id,
                agent: false,
                target,
                context,
            })
        }));
    }
    Ok(all)
}
