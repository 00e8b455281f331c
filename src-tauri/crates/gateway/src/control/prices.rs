//! The user's own prices. They win over the published ones, for the future and for the past.

use domain::{Failure, FailureKind, Money, Price, Target};
use store::table;
use store::table::entries::NewPrice;
use tokio::sync::oneshot;

use super::{Caller, Nothing, OwnPrice, PriceChanged, PriceName, SetPrice, Topic};
use crate::Engine;

/// More for a million tokens than anything costs; above it sums could overflow.
const MOST: Money = Money(1_000_000_000_000);

pub(super) async fn list(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<OwnPrice>, Failure> {
    let prices = engine.store().read(table::prices::list).await?;
    let own = |(target, price)| OwnPrice { target, price };
    Ok(prices.into_iter().map(own).collect())
}

pub(super) async fn set(engine: &Engine, _: Caller, args: SetPrice) -> Result<PriceChanged, Failure> {
    let given = [
        Some(args.input),
        args.cached_input,
        args.cache_write,
        Some(args.output),
    ];
    if given
        .into_iter()
        .flatten()
        .any(|price| price < Money::ZERO || price > MOST)
    {
        return Err(Failure::invalid(
            "price",
            "A price is an amount of dollars for a million tokens, and not negative.",
        ));
    }
    let price = Price {
        input: args.input.micros(),
        cached_input: args.cached_input.unwrap_or(args.input).micros(),
        cache_write: args.cache_write.unwrap_or(args.input).micros(),
        output: args.output.micros(),
        as_of: engine.clock().now(),
        origin: "user".to_owned(),
    };
    let (target, written) = (args.target.clone(), price.clone());
    engine
        .store()
        .write(move |tx| table::prices::set(tx, &target, &written))
        .await?;
    changed(engine, args.target, Some(price)).await
}

pub(super) async fn remove(engine: &Engine, _: Caller, args: PriceName) -> Result<PriceChanged, Failure> {
    let target = args.target.clone();
    let removed = engine
        .store()
        .write(move |tx| table::prices::remove(tx, &target))
        .await?;
    if !removed {
        return Err(Failure::new(
            FailureKind::NotFound,
            format!("There is no price of yours for {}.", args.target),
        ));
    }
    engine.prices().forget();
    let roster = engine.roster().now();
    let price = match roster.providers.get(&args.target.provider) {
        Some(provider) => engine.prices().of(engine.store(), provider, &args.target).await,
        None => None,
    };
    changed(engine, args.target, price).await
}

/// Gives history the price that holds now. It is done to its end also when nobody waits for it any more: budgets
/// would go on counting the old one.
async fn changed(engine: &Engine, target: Target, price: Option<Price>) -> Result<PriceChanged, Failure> {
    engine.prices().forget();
    crate::models::reprice(engine, &target, price.as_ref()).await?;
    let (done, told) = oneshot::channel();
    let (own, of, at) = (engine.clone(), target.clone(), price.clone());
    engine.spawn(async move {
        let _nobody_waits = done.send(reprice(&own, of, at).await);
    });
    let repriced = told.await.map_err(crate::failures::internal)??;
    engine.changed(Topic::Calls, None);
    engine.changed(Topic::Providers, Some(target.provider.to_string()));
    Ok(PriceChanged {
        target,
        price,
        repriced,
    })
}

async fn reprice(engine: &Engine, target: Target, price: Option<Price>) -> Result<u64, Failure> {
    let fallback = engine.roster().now().settings.fallback_price.price();
    let mut repriced = 0;
    let mut after = None;
    loop {
        let (target, price, fallback) = (target.clone(), price.clone(), fallback.clone());
        let _nothing_is_read = engine.accounts().correcting().await;
        let portion = engine
            .store()
            .write(move |tx| {
                let new = NewPrice {
                    price: price.as_ref(),
                    fallback: &fallback,
                };
                table::entries::reprice(tx, &target, new, after.as_ref())
            })
            .await?;
        engine.accounts().correct(portion.corrections);
        repriced += portion.changed;
        after = portion.next;
        if after.is_none() {
            return Ok(repriced);
        }
    }
}
