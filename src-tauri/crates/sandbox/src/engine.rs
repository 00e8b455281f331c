//! The engine's module, translated once and used by all runs.

use std::sync::LazyLock;

use wasmi::{CompilationMode, Config, Engine, Module};

include!(concat!(env!("OUT_DIR"), "/engine.rs"));

/// Of calls within WebAssembly. QuickJS counts its own stack and throws a RangeError long before.
const DEEPEST: usize = 50_000;
/// Bytes of values and frames of those calls.
const HIGHEST: usize = 32 << 20;

static MODULE: LazyLock<Option<Module>> = LazyLock::new(|| Module::new(&engine(), BYTES?).ok());

/// Whether this build has an interpreter.
#[must_use]
pub fn is_available() -> bool {
    BYTES.is_some()
}

/// The translated module; the first call takes a moment. `None` without one, or where it is not WebAssembly that we run.
pub(crate) fn module() -> Option<&'static Module> {
    MODULE.as_ref()
}

fn engine() -> Engine {
    let mut config = Config::default();
    config
        .consume_fuel(true)
        .compilation_mode(CompilationMode::Eager)
        .ignore_custom_sections(true)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .set_max_recursion_depth(DEEPEST)
        .set_max_stack_height(HIGHEST);
    Engine::new(&config)
}
