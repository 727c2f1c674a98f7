//! Builds the console with Node and embeds it.
//!
//! Sources and lock file are copied to `target/console/<hash of both>`, built there once, and listed in
//! `$OUT_DIR/console_files.rs`. Without Node the list is empty and the program says so; with Node a
//! failing build is an error; `SHEQUN_CONSOLE=skip` leaves the console out.

use std::collections::hash_map::DefaultHasher;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCES: [&str; 5] = ["package.json", "package-lock.json", "tsconfig.json", "build.mjs", "src"];

fn main() -> Result<(), Box<dyn Error>> {
    for source in SOURCES {
        println!("cargo::rerun-if-changed=console/{source}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SHEQUN_CONSOLE");
    let out_dir = PathBuf::from(std::env::var("OUT_DIR")?);
    let files = if is_wanted() { build(&out_dir)? } else { Vec::new() };
    write_list(&out_dir.join("console_files.rs"), &files)
}

fn is_wanted() -> bool {
    let is_skipped = std::env::var("SHEQUN_CONSOLE").is_ok_and(|value| value == "skip");
    let has_feature = std::env::var_os("CARGO_FEATURE_CONSOLE").is_some();
    if is_skipped || !has_feature {
        return false;
    }
    let has_node = Command::new("npm").arg("--version").output().is_ok_and(|output| output.status.success());
    if !has_node {
        println!("cargo::warning=npm was not found: this build has no console");
    }
    has_node
}

/// The built files: path below `/console` and path on disk.
fn build(out_dir: &Path) -> Result<Vec<(String, PathBuf)>, Box<dyn Error>> {
    let mut sources = Vec::new();
    for source in SOURCES {
        collect(&Path::new("console").join(source), &mut sources)?;
    }
    sources.sort();
    let mut hasher = DefaultHasher::new();
    for path in &sources {
        path.hash(&mut hasher);
        fs::read(path)?.hash(&mut hasher);
    }
    let work = target_dir(out_dir).join("console").join(format!("{:016x}", hasher.finish()));
    let dist = work.join("dist");
    if !work.join("built").exists() {
        for path in &sources {
            let copy = work.join(path.strip_prefix("console")?);
            fs::create_dir_all(copy.parent().ok_or("a source has no folder")?)?;
            fs::copy(path, copy)?;
        }
        npm(&work, &["ci", "--no-audit", "--no-fund"])?;
        npm(&work, &["run", "build"])?;
        // What it was built with is many times what it is.
        fs::remove_dir_all(work.join("node_modules"))?;
        fs::write(work.join("built"), "")?;
    }
    let mut built = Vec::new();
    collect(&dist, &mut built)?;
    built.sort();
    built.into_iter().map(|path| Ok((path.strip_prefix(&dist)?.to_string_lossy().into_owned(), path))).collect()
}

/// `target`, five folders above `target/<profile>/build/<crate>/out` at most; the one that holds the profile.
fn target_dir(out_dir: &Path) -> PathBuf {
    out_dir.ancestors().nth(4).unwrap_or(out_dir).to_owned()
}

fn npm(folder: &Path, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let output = Command::new("npm").args(arguments).current_dir(folder).output()?;
    if output.status.success() {
        return Ok(());
    }
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(format!("npm {} failed in {}:\n{stdout}{stderr}", arguments.join(" "), folder.display()).into())
}

fn collect(path: &Path, found: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), found)?;
        }
    } else {
        found.push(path.to_owned());
    }
    Ok(())
}

fn write_list(path: &Path, files: &[(String, PathBuf)]) -> Result<(), Box<dyn Error>> {
    let mut text = String::from("&[\n");
    for (name, file) in files {
        let media_type = media_type(name);
        writeln!(text, "({name:?}, {media_type:?}, include_bytes!({:?}).as_slice()),", fs::canonicalize(file)?)?;
    }
    text.push_str("]\n");
    Ok(fs::write(path, text)?)
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ttf") => "font/ttf",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
