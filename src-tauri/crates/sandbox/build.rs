//! Puts the engine's bytes into the program: QuickJS-NG as WebAssembly, from the npm package that ui/package.json pins.
//!
//! The lock file holds the package's digest and this file that of the bytes: other bytes are never built in. Without
//! them the build goes through, and the program says that it has no interpreter.

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

/// Of `quickjs.wasm` in quickjs-wasi 3.6.2.
const DIGEST: &str = "d4c9375f2b1ca4dc95f72c8aa2982a7a9951ac8011490d79c6582df732b4bbd9";

#[expect(
    clippy::disallowed_methods,
    reason = "cargo says by them where to read and write"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let bytes = here.join("../../../ui/node_modules/quickjs-wasi/quickjs.wasm");
    println!("cargo::rerun-if-changed={}", bytes.display());
    println!("cargo::rerun-if-changed=build.rs");
    let source = if bytes.is_file() {
        let digest = Sha256::digest(std::fs::read(&bytes)?)
            .iter()
            .try_fold(String::new(), |mut all, byte| {
                write!(all, "{byte:02x}").map(|()| all)
            })?;
        if digest != DIGEST {
            return Err(format!("{} is not the engine that is meant: {digest}", bytes.display()).into());
        }
        format!("Some(include_bytes!({bytes:?}))")
    } else {
        println!(
            "cargo::warning=the tool run_code has no interpreter in this build: `npm --prefix ui ci` fetches it"
        );
        "None".to_owned()
    };
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("engine.rs");
    std::fs::write(out, format!("const BYTES: Option<&[u8]> = {source};\n"))?;
    Ok(())
}
