//! `inglenook endpoint …`

use domain::Failure;
use gateway::control::{EndpointStatus, Exposure, Nothing, RefusedView};

use super::door::Door;
use super::{Resolved, output};

#[derive(clap::Subcommand)]
pub(crate) enum Endpoint {
    /// Tell programs that the endpoint is paused, instead of answering them. What runs goes on.
    Pause,
    /// Answer programs again.
    Resume,
    /// Who can reach the app, and what was turned away since it was started.
    Exposure,
}

pub(super) async fn run(args: Endpoint, options: Resolved) -> Result<(), Failure> {
    let json = options.json;
    let mut door = Door::open(&options).await?;
    let command = match args {
        Endpoint::Pause => "endpoint.pause",
        Endpoint::Resume => "endpoint.resume",
        Endpoint::Exposure => {
            let exposure = door.run::<Exposure>("endpoint.exposure", &Nothing {}).await;
            door.close().await;
            return output::print(json, &exposure?, exposed);
        }
    };
    let status = door.run::<EndpointStatus>(command, &Nothing {}).await;
    door.close().await;
    output::print(json, &status?, |status| match status {
        EndpointStatus::Listening {
            base_url,
            paused: true,
            ..
        } => format!("{base_url} is paused"),
        EndpointStatus::Listening { base_url, .. } => format!("Listening at {base_url}"),
        EndpointStatus::Stopped => "Inglenook does not run; there is nothing to pause.".to_owned(),
        EndpointStatus::Failed { failure } => failure.message.clone(),
    })
}

fn exposed(exposure: &Exposure) -> String {
    let list = |items: &[String]| match items {
        [] => "none".to_owned(),
        items => items.join(", "),
    };
    let mut text = format!(
        "addresses     {}\nclient keys   {}, of which {} may name any model\nweb origins   {}\nwithout a key {}\n",
        list(&exposure.addresses),
        exposure.keys,
        exposure.keys_any_model,
        list(&exposure.origins),
        if exposure.no_key_on_loopback {
            "yes, every program on this machine"
        } else {
            "no"
        },
    );
    if exposure.refused.is_empty() {
        text.push_str("turned away   nobody");
        return text;
    }
    let row = |refused: &RefusedView| {
        vec![
            refused.kind.as_str().to_owned(),
            refused.count.to_string(),
            output::when(refused.last_at),
        ]
    };
    let rows: Vec<_> = exposure.refused.iter().map(row).collect();
    text.push_str(&output::table(&["TURNED AWAY", "COUNT", "LAST"], &rows));
    text
}
