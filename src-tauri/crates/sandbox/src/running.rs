//! A run from its begin to its end: the engine, what code finds in it, the code, its promises, its value.

use std::time::Duration;

use crate::host::Boxed;
use crate::machine::Machine;
use crate::{Bounds, Code, End, Ran};

/// Makes `console`, timers and `input`, and what shows a value; no code runs before it.
const PRELUDE: &str = include_str!("prelude.js");

/// What a run of its own call stack may take; the engine's shadow stack has 1 MiB.
const STACK: i32 = 512 << 10;
/// Of the memory, what is kept back so that an end for want of it can be told.
const RESERVE: usize = 16 << 20;
/// All that a context can have is in it; reaching out is not among what it can have.
const ALL: i32 = -1;
/// `await` may stand at the top.
const AWAITS: i32 = 1 << 7;
/// To show a value or an error, whenever the run ended.
const SHOWING: Duration = Duration::from_secs(1);

const PENDING: i32 = 0;
const FULFILLED: i32 = 1;

/// Runs code. It takes as long as `bounds` say: not for a thread that others wait for.
///
/// `is_left` is asked every few milliseconds whether nobody waits any more.
#[must_use]
pub fn run(code: &Code, bounds: &Bounds, is_left: &dyn Fn() -> bool) -> Ran {
    let mut machine = match Machine::new(code, bounds, is_left) {
        Ok(machine) => machine,
        Err(end) => {
            return Ran {
                written: String::new(),
                left_out: 0,
                end,
            };
        }
    };
    let end = go(&mut machine, code, bounds).unwrap_or_else(|end| end);
    let host = machine.into_host();
    bounded(host.written, host.left_out, end, bounds.output)
}

fn go(machine: &mut Machine<'_>, code: &Code, bounds: &Bounds) -> Result<End, End> {
    let () = machine.call("_initialize", ())?;
    let failed: i32 = machine.call("qjs_init2", ALL)?;
    if failed != 0 {
        return Err(End::Broken("it did not start".to_owned()));
    }
    machine.started();
    let within = |bytes: usize| i32::try_from(bytes).unwrap_or(i32::MAX);
    let memory = bounds.memory.saturating_sub(RESERVE);
    let () = machine.call("qjs_set_memory_limit", within(memory))?;
    let () = machine.call("qjs_set_max_stack_size", STACK)?;
    let () = machine.call("qjs_set_promise_rejection_handler", 1)?;

    let prelude = eval(machine, PRELUDE, "inglenook", 0)?;
    let name = machine.put(b"write")?;
    let write: Boxed = machine.call("qjs_new_host_function", (name, 5, 0))?;
    let input = match &code.input {
        Some(json) => string(machine, json)?,
        None => machine.call("qjs_get_undefined", ())?,
    };
    let tools = apply(machine, prelude, &[write, input])?;
    if is_exception(machine, tools)? {
        return Err(End::Broken("its beginnings failed".to_owned()));
    }
    let show: Boxed = machine.call("qjs_get_prop_uint32", (tools, 0))?;
    let tell: Boxed = machine.call("qjs_get_prop_uint32", (tools, 1))?;
    let tick: Boxed = machine.call("qjs_get_prop_uint32", (tools, 2))?;
    let unwrap: Boxed = machine.call("qjs_get_prop_uint32", (tools, 3))?;

    let ran = eval(machine, &code.text, "code.js", AWAITS)?;
    let threw = if is_exception(machine, ran)? {
        Some(machine.call("qjs_get_exception", ())?)
    } else {
        jobs(machine, tick)?
    };
    let (by, value) = match threw {
        Some(reason) => (tell, reason),
        None => match come(machine, ran, unwrap)? {
            Settled::Value(value) => (show, value),
            Settled::Reason(reason) => (tell, reason),
            Settled::Never => return Err(End::Stuck),
        },
    };
    machine.lengthen(SHOWING);
    let () = machine.call("qjs_set_memory_limit", within(bounds.memory))?;
    let shown = apply(machine, by, &[value])?;
    let is_value = by == show;
    let text = match is_exception(machine, shown)? {
        true => Some("(it cannot be shown)".to_owned()),
        false => match machine.call::<_, i32>("qjs_is_string", shown)? {
            0 => None,
            _ => machine.text(shown)?,
        },
    };
    Ok(match is_value {
        true => End::Value(text),
        false => End::Threw(text.unwrap_or_else(|| "undefined".to_owned())),
    })
}

/// Runs what promises wait for, and timers when nothing else does, each at once. Gives what a timer's function threw.
fn jobs(machine: &mut Machine<'_>, tick: Boxed) -> Result<Option<Boxed>, End> {
    loop {
        while machine.call::<_, i32>("qjs_is_job_pending", ())? != 0 {
            let failed: i32 = machine.call("qjs_execute_pending_job", ())?;
            if failed < 0 {
                return machine.call("qjs_get_exception", ()).map(Some);
            }
        }
        let ticked = apply(machine, tick, &[])?;
        if is_exception(machine, ticked)? {
            return machine.call("qjs_get_exception", ()).map(Some);
        }
        let more: i32 = machine.call("qjs_get_bool", ticked)?;
        let () = machine.call("qjs_free_value", ticked)?;
        if more == 0 {
            return Ok(None);
        }
    }
}

#[derive(Clone, Copy)]
enum Settled {
    Value(Boxed),
    Reason(Boxed),
    Never,
}

/// What a script came to. Where that is a promise, what that one came to: many end with a call of an async function.
fn come(machine: &mut Machine<'_>, script: Boxed, unwrap: Boxed) -> Result<Settled, End> {
    let script = settled(machine, script)?;
    let Settled::Value(wrapped) = script else {
        return Ok(script);
    };
    let value = apply(machine, unwrap, &[wrapped])?;
    if is_exception(machine, value)? {
        return machine.call("qjs_get_exception", ()).map(Settled::Reason);
    }
    match machine.call::<_, i32>("qjs_is_promise", value)? {
        0 => Ok(Settled::Value(value)),
        _ => settled(machine, value),
    }
}

fn settled(machine: &mut Machine<'_>, promise: Boxed) -> Result<Settled, End> {
    let state: i32 = machine.call("qjs_promise_state", promise)?;
    let own: i32 = machine.call("qjs_get_value_ptr", promise)?;
    if state == PENDING {
        // the reason why it waits for ever, where one is known
        return Ok(machine.unseen(own).map_or(Settled::Never, Settled::Reason));
    }
    let result: Boxed = machine.call("qjs_promise_result", promise)?;
    if state != FULFILLED {
        return Ok(Settled::Reason(result));
    }
    Ok(match machine.unseen(own) {
        Some(reason) => Settled::Reason(reason),
        None => Settled::Value(result),
    })
}

/// Text in the engine's memory: where, and how many bytes.
fn laid(machine: &mut Machine<'_>, text: &str) -> Result<(i32, i32), End> {
    let length = i32::try_from(text.len()).map_err(|_| End::Broken("too long".to_owned()))?;
    Ok((machine.put(text.as_bytes())?, length))
}

fn eval(machine: &mut Machine<'_>, text: &str, name: &str, flags: i32) -> Result<Boxed, End> {
    let (from, length) = laid(machine, text)?;
    let file = machine.put(name.as_bytes())?;
    let result = machine.call("qjs_eval", (from, length, file, flags))?;
    let () = machine.call("wasm_free", from)?;
    let () = machine.call("wasm_free", file)?;
    Ok(result)
}

fn string(machine: &mut Machine<'_>, text: &str) -> Result<Boxed, End> {
    let (from, length) = laid(machine, text)?;
    let string = machine.call("qjs_new_string", (from, length))?;
    let () = machine.call("wasm_free", from)?;
    Ok(string)
}

fn apply(machine: &mut Machine<'_>, function: Boxed, given: &[Boxed]) -> Result<Boxed, End> {
    let this: Boxed = machine.call("qjs_get_undefined", ())?;
    let bytes: Vec<u8> = given.iter().flat_map(|boxed| boxed.to_le_bytes()).collect();
    let (list, count) = (
        machine.put(&bytes)?,
        i32::try_from(given.len()).unwrap_or_default(),
    );
    let result = machine.call("qjs_call", (function, this, count, list))?;
    let () = machine.call("wasm_free", list)?;
    let () = machine.call("qjs_free_value", this)?;
    Ok(result)
}

fn is_exception(machine: &mut Machine<'_>, boxed: Boxed) -> Result<bool, End> {
    Ok(machine.call::<_, i32>("qjs_is_exception", boxed)? != 0)
}

/// Keeps what was written and the value within the bound together; a value has a third of it for itself.
fn bounded(mut written: String, mut left_out: u64, end: End, most: usize) -> Ran {
    let shorten = |text: &mut String, to: usize| {
        let rest = text.split_off(text.floor_char_boundary(to));
        u64::try_from(rest.chars().count()).unwrap_or(u64::MAX)
    };
    let fit = |mut text: String| {
        let cut = shorten(&mut text, most.saturating_sub(written.len()).max(most / 3));
        if cut > 0 {
            text.push_str(&format!("… [{cut} more characters were left out]"));
        }
        text
    };
    let end = match end {
        End::Value(Some(text)) => End::Value(Some(fit(text))),
        End::Threw(text) => End::Threw(fit(text)),
        End::Value(None)
        | End::Late
        | End::Stuck
        | End::Stopped
        | End::TooDeep
        | End::Broken(_)
        | End::Absent => end,
    };
    let taken = match &end {
        End::Value(Some(text)) | End::Threw(text) => text.len(),
        End::Value(None)
        | End::Late
        | End::Stuck
        | End::Stopped
        | End::TooDeep
        | End::Broken(_)
        | End::Absent => 0,
    };
    left_out += shorten(&mut written, most.saturating_sub(taken));
    Ran {
        written,
        left_out,
        end,
    }
}
