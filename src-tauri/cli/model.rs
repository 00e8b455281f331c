//! `inglenook models`

use domain::Failure;
use gateway::control::{ModelChoice, Nothing};

use super::door::Door;
use super::{Resolved, output};

pub(super) async fn run(options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let all = door.run::<Vec<ModelChoice>>("model.list", &Nothing {}).await;
    door.close().await;
    output::print(options.json, &all?, |all| {
        if all.is_empty() {
            return "Nothing to name in `model` yet. Make an agent: inglenook agent create".to_owned();
        }
        let row = |choice: &ModelChoice| {
            let kind = if choice.agent { "agent" } else { "raw" };
            vec![choice.id.clone(), kind.to_owned(), choice.target.to_string()]
        };
        output::table(
            &["MODEL", "KIND", "ANSWERS FROM"],
            &all.iter().map(row).collect::<Vec<_>>(),
        )
    })
}
