//! JavaScript that the model wrote, run where it can do nothing but compute (decision 31).
//!
//! The danger is code without end or measure: `sandbox` bounds each run, and here is bounded how many there are at once.
//! A run ends when nobody waits for it any more. What it gives is the model's own, from what the model knew: it is no
//! stranger's word, and a conversation that has one already stays as it is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use domain::Reach;
use jiff::tz::TimeZone;
use sandbox::{Bounds, Code, End, Ran};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::Semaphore;

use super::Given;
use super::about::About;
use crate::clock::Clock;

pub(super) const ABOUT: About = About {
    name: "run_code",
    description: "Runs JavaScript (ES2023) and gives what console.log wrote and then, after =>, the value of the last expression. \
     For anything that has to be exact or has many steps: counting, sorting, dates, parsing and reshaping data, statistics, checking a result. \
     Top-level await works; return and import do not. Each run is new: no variable stays, so give all that is needed as code or as input. \
     No network, no files, no packages, no Intl; timers run at once. At most 20 seconds and 128 MB.",
    parameters: r#"{"type":"object","properties":{"code":{"type":"string","description":"The JavaScript"},"input":{"description":"Any JSON; the code finds it as the global input"}},"required":["code"],"additionalProperties":false}"#,
    reach: Reach::Reads,
    untrusted: false,
    exact: false,
};

const LONGEST: usize = 256 << 10;

/// As many runs at once as there are processors: each fills one.
static PLACES: LazyLock<Semaphore> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism();
    Semaphore::new(processors.map_or(1, std::num::NonZero::get))
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    code: String,
    #[serde(default)]
    input: Option<Box<RawValue>>,
}

/// Says so when it is dropped, with whoever waited.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub(super) async fn run(clock: &dyn Clock, asked: Asked) -> Given {
    run_within(clock, asked, Bounds::default()).await
}

async fn run_within(clock: &dyn Clock, asked: Asked, bounds: Bounds) -> Given {
    if asked.code.len() > LONGEST {
        return Given::error("The code has at most 256 KB. Give large data as `input`.");
    }
    let Ok(place) = PLACES.acquire().await else {
        return Given::error("The app is being closed.");
    };
    let Ok(now) = jiff::Timestamp::from_millisecond(clock.now().millis()) else {
        return Given::error("The clock of this machine is out of range.");
    };
    let code = Code {
        text: asked.code,
        input: asked.input.map(|input| input.get().to_owned()),
        now,
        zone: TimeZone::system(),
    };
    let waiting = Waiting(Arc::default());
    let is_left = Arc::clone(&waiting.0);
    let ran = tokio::task::spawn_blocking(move || {
        let ran = sandbox::run(&code, &bounds, &|| is_left.load(Ordering::Relaxed));
        drop(place);
        ran
    });
    match ran.await {
        Ok(ran) => told(ran, &bounds),
        Err(_) => Given::error("The code could not be run."),
    }
}

fn told(ran: Ran, bounds: &Bounds) -> Given {
    let mut text = ran.written;
    if ran.left_out > 0 {
        text.push_str(&format!(
            "[{} more characters of output were left out. Write less.]\n",
            ran.left_out
        ));
    }
    let why = match ran.end {
        End::Value(Some(value)) => return Given::text(format!("{text}=> {value}")),
        End::Value(None) if text.is_empty() => {
            return Given::text(
                "The code ended, wrote nothing and has no value. Use console.log, or end with an expression.",
            );
        }
        End::Value(None) => return Given::text(text.trim_end()),
        End::Threw(error) => error,
        End::Late => format!(
            "The code was ended after {} seconds. Do less in one run, or find a faster way.",
            bounds.span.as_secs()
        ),
        End::Stuck => {
            "The code waits for a promise that nothing settles. There is no network here, nor anything else to wait for."
                .to_owned()
        }
        End::TooDeep => "The code was ended: its calls, or what it reads, are nested too deep.".to_owned(),
        End::Stopped => "The code was ended: nobody waits for it any more.".to_owned(),
        End::Broken(why) => format!("The interpreter gave up ({why}). Use less memory, or find another way."),
        End::Absent => "This build of Inglenook has no interpreter, so code cannot be run here.".to_owned(),
    };
    Given::error(format!("{text}{why}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ENDLESS: Bounds = Bounds {
        span: Duration::from_secs(3600),
        memory: 128 << 20,
        output: 60 << 10,
    };

    fn asked(code: &str) -> Asked {
        Asked {
            code: code.to_owned(),
            input: None,
        }
    }

    #[tokio::test]
    async fn a_run_ends_when_nobody_waits_for_it() {
        let clock = crate::clock::SystemClock;
        let all = PLACES.available_permits();
        let mut runs: Vec<_> = (0..all)
            .map(|_| Box::pin(run_within(&clock, asked("for (;;);"), ENDLESS)))
            .collect();
        for run in &mut runs {
            assert!(futures_util::poll!(run).is_pending());
        }
        assert_eq!(PLACES.available_permits(), 0, "each has its place");
        drop(runs);
        // an hour long it would wait for a place otherwise
        let given = run_within(&clock, asked("1 + 1"), ENDLESS).await;
        assert_eq!(given, Given::text("=> 2"));
        let back = PLACES.acquire_many(u32::try_from(all).unwrap_or(1)).await;
        assert!(back.is_ok(), "all places are free again");
    }
}
