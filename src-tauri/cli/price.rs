//! `inglenook price …`

use domain::{Failure, Money, Price as Known, Target};
use gateway::control::{Nothing, OwnPrice, PriceChanged, PriceName, SetPrice};

use super::door::Door;
use super::{Resolved, output};

#[derive(clap::Subcommand)]
pub(crate) enum Price {
    /// List the prices you wrote down; they win over the published ones.
    List,
    /// Write down what a model costs, in dollars for a million tokens. What it cost before is corrected too.
    Set {
        /// The model, written provider/model.
        #[arg(value_parser = target)]
        target: Target,
        /// For tokens read.
        #[arg(long, value_name = "USD", value_parser = super::limits::dollars)]
        input: Money,
        /// For tokens written, reasoning included.
        #[arg(long, value_name = "USD", value_parser = super::limits::dollars)]
        output: Money,
        /// For tokens read from the provider's cache; else as --input.
        #[arg(long, value_name = "USD", value_parser = super::limits::dollars)]
        cached_input: Option<Money>,
        /// For tokens written to the provider's cache; else as --input.
        #[arg(long, value_name = "USD", value_parser = super::limits::dollars)]
        cache_write: Option<Money>,
    },
    /// Forget a price of yours; the published one holds again, for the past too.
    Remove {
        /// The model, written provider/model.
        #[arg(value_parser = target)]
        target: Target,
    },
}

fn target(text: &str) -> Result<Target, String> {
    Target::parse(text).map_err(|_| "a model is written provider/model".to_owned())
}

pub(super) async fn run(args: Price, options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let result = dispatch(args, &mut door, options.json).await;
    door.close().await;
    result
}

async fn dispatch(args: Price, door: &mut Door, json: bool) -> Result<(), Failure> {
    match args {
        Price::List => {
            let prices: Vec<OwnPrice> = door.run("price.list", &Nothing {}).await?;
            output::print(json, &prices, |prices| {
                if prices.is_empty() {
                    return "No prices of your own; the published ones hold.".to_owned();
                }
                let rows: Vec<_> = prices.iter().map(|own| row(&own.target, &own.price)).collect();
                output::table(
                    &["MODEL", "INPUT", "CACHED INPUT", "CACHE WRITE", "OUTPUT", "SINCE"],
                    &rows,
                )
            })
        }
        Price::Set {
            target,
            input,
            output,
            cached_input,
            cache_write,
        } => {
            let price = SetPrice {
                target,
                input,
                cached_input,
                cache_write,
                output,
            };
            let changed: PriceChanged = door.run("price.set", &price).await?;
            output::print(json, &changed, told)
        }
        Price::Remove { target } => {
            let changed: PriceChanged = door.run("price.remove", &PriceName { target }).await?;
            output::print(json, &changed, told)
        }
    }
}

fn row(target: &Target, price: &Known) -> Vec<String> {
    let dollars = |micros: i64| Money(micros).to_string();
    vec![
        target.to_string(),
        dollars(price.input),
        dollars(price.cached_input),
        dollars(price.cache_write),
        dollars(price.output),
        output::when(price.as_of),
    ]
}

fn told(changed: &PriceChanged) -> String {
    let price = match &changed.price {
        Some(price) => format!(
            "{} costs {} in and {} out for a million tokens ({}).",
            changed.target,
            Money(price.input),
            Money(price.output),
            price.origin
        ),
        None => format!("Nobody knows what {} costs.", changed.target),
    };
    format!(
        "{price}\n{} entries of the ledger were repriced.",
        changed.repriced
    )
}
