//! Builds the guest's programs for the target that the guest is, and hands them to the library as files.
//!
//! A cargo inside cargo, with a target folder of its own: the outer one holds a lock on its own.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The programs.
const PROGRAMS: [&str; 2] = ["guest-init", "guest-driver"];

/// What they are made of, in the workspace.
const SOURCES: [&str; 6] = [
    "guest/init",
    "guest/driver",
    "guest/protocol",
    "driver",
    "prm",
    "Cargo.toml",
];

/// What the outer cargo sets for its own build and the inner one must not see: wrappers of clippy, flags, the target.
const NOT_FOR_THE_INNER: [&str; 12] = [
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
    "CLIPPY_ARGS",
    "LLVM_PROFILE_FILE",
    "RUSTC",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTDOC",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "__CARGO_FIX_PLZ",
];

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let workspace = here.parent().ok_or("the crate lies in a workspace")?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let lock = workspace.join("Cargo.lock");
    let sources = SOURCES.iter().map(|source| workspace.join(source));
    for source in sources.chain([lock.clone()]) {
        if source.exists() {
            println!("cargo::rerun-if-changed={}", source.display());
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    // What is fuzzed boots no guest, and building its programs takes as long as all that.
    if env::var_os("CARGO_CFG_FUZZING").is_some() {
        for program in PROGRAMS {
            fs::write(out.join(program), [])?;
        }
        return Ok(());
    }
    // target/<profile>/build/<crate>/out: one folder for every profile, since the programs are the same in all.
    let target = out.ancestors().nth(4).unwrap_or(&out);
    let built = build(workspace, &target.join("guest-programs"), lock.exists())?;
    for program in PROGRAMS {
        fs::copy(built.join(program), out.join(program))?;
    }
    Ok(())
}

/// Flags for the compiler. The programs must not depend on where they are built: panics name files, those of dependencies with whole
/// paths.
fn flags(workspace: &Path) -> String {
    let mut flags = vec!["-Ctarget-feature=+crt-static".to_owned()];
    // The longest path that fits counts, and of several the last one.
    let usual = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
    if let Some(home) = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(usual) {
        flags.push(format!("--remap-path-prefix={}=/cargo", home.display()));
    }
    flags.push(format!("--remap-path-prefix={}=/mlx5-cosim", workspace.display()));
    flags.join("\u{1f}")
}

/// The folder with the programs.
fn build(workspace: &Path, target_folder: &Path, locked: bool) -> Result<PathBuf, Box<dyn Error>> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for name in NOT_FOR_THE_INNER {
        cargo.env_remove(name);
    }
    // Whatever profile the outer build has, the guest's programs are small and need nothing beside themselves.
    cargo
        .env("CARGO_ENCODED_RUSTFLAGS", flags(workspace))
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s")
        .env("CARGO_PROFILE_RELEASE_INCREMENTAL", "true")
        .env("CARGO_PROFILE_RELEASE_PANIC", "abort")
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
        .args(["build", "--release", "--target", TARGET, "--target-dir"])
        .arg(target_folder)
        .args(PROGRAMS.iter().flat_map(|program| ["--package", program]))
        .current_dir(workspace);
    if locked {
        cargo.arg("--locked");
    }
    let output = cargo.output()?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the guest's programs could not be built:\n{words}").into());
    }
    Ok(target_folder.join(TARGET).join("release"))
}
