//! Prepares what the window is built from; nothing at all in builds without the feature `desktop`.

use std::error::Error;

/// What the window shows when the UI was never built: a fresh clone must compile before that.
#[cfg(feature = "desktop")]
const NOT_BUILT: &str = "<!doctype html><meta charset=\"utf-8\"><title>Inglenook</title>\
    <p>The user interface is not built: run <code>npm --prefix ui ci</code> and <code>npm --prefix ui run build</code>.";

#[cfg(feature = "desktop")]
fn main() -> Result<(), Box<dyn Error>> {
    let index = std::path::Path::new("ui/dist/index.html");
    if !index.exists() {
        std::fs::create_dir_all("ui/dist")?;
        std::fs::write(index, NOT_BUILT)?;
    }
    // only what exists: a line for a missing file makes every build run this again
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    println!("cargo:rerun-if-changed=src-tauri/permissions");
    println!("cargo:rerun-if-changed=ui/dist");
    tauri_build::try_build(
        tauri_build::Attributes::new()
            .capabilities_path_pattern("./src-tauri/capabilities/**/*")
            .app_manifest(
                tauri_build::AppManifest::new().permissions_path_pattern("./src-tauri/permissions/**/*"),
            ),
    )?;
    Ok(())
}

#[cfg(not(feature = "desktop"))]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=src-tauri/build.rs");
    Ok(())
}
