//! Code in the sandbox, by its one door.

#![expect(clippy::unwrap_used, reason = "tests")]

mod bounds;
mod escapes;
mod values;

use std::time::Duration;

use inglenook_sandbox::{Bounds, Code, End, Ran, is_available, run};

pub fn code(text: &str) -> Code {
    Code {
        text: text.to_owned(),
        input: None,
        now: jiff::Timestamp::from_second(1_700_000_000).unwrap(),
        zone: jiff::tz::TimeZone::UTC,
    }
}

pub fn ran(text: &str) -> Ran {
    run(&code(text), &Bounds::default(), &|| false)
}

/// The same with a shorter span than the twenty seconds, for what has no end.
pub fn ran_within(text: &str, milliseconds: u64) -> Ran {
    let bounds = Bounds {
        span: Duration::from_millis(milliseconds),
        ..Bounds::default()
    };
    run(&code(text), &bounds, &|| false)
}

/// What code comes to, where it writes nothing.
pub fn value(text: &str) -> String {
    let ran = ran(text);
    assert_eq!((ran.written.as_str(), ran.left_out), ("", 0), "{text}");
    let End::Value(value) = ran.end else {
        panic!("{text}: {:?}", ran.end);
    };
    value.unwrap_or_else(|| "undefined".to_owned())
}

/// The error that code ends with.
pub fn error(text: &str) -> String {
    let end = ran(text).end;
    let End::Threw(error) = end else {
        panic!("{text}: {end:?}");
    };
    error
}

#[test]
fn the_engine_is_built_in_where_its_package_is_installed() {
    let package = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../ui/node_modules");
    assert!(
        is_available() || !package.exists(),
        "ui/node_modules is there, and quickjs-wasi is not in it: `npm --prefix ui ci`, and build again"
    );
}
