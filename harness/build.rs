//! Lists the project's scenarios and devices as Rust, so that the program carries them with it, and says which version the
//! program is. Runs again whenever a file in their folders comes, goes or changes.

use std::env;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let root = here.parent().ok_or("the crate lies in the project")?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for name in ["scenarios", "devices"] {
        let folder = root.join(name);
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files = Vec::new();
        collect(&folder, &mut files)?;
        files.sort();
        let mut list = String::from("[\n");
        for file in files {
            let inside = file.strip_prefix(&folder)?.with_extension("");
            let (Some(name), Some(path)) = (inside.to_str(), file.to_str()) else {
                return Err(format!("{}: its name is not UTF-8", file.display()).into());
            };
            writeln!(list, "({name:?}, include_str!({path:?})),")?;
        }
        list.push(']');
        fs::write(out.join(format!("{name}.rs")), list)?;
    }
    println!("cargo::rustc-env=MLX5_COSIM_VERSION={}", version(root)?);
    Ok(())
}

/// The version; of a release build also the commit, where there is one. Others would be built anew for every commit.
fn version(root: &Path) -> Result<String, Box<dyn Error>> {
    let version = env::var("CARGO_PKG_VERSION")?;
    if env::var("PROFILE")? != "release" {
        return Ok(version);
    }
    println!("cargo::rerun-if-env-changed=MLX5_COSIM_COMMIT");
    // A packager who builds without a repository says the commit himself.
    if let Ok(commit) = env::var("MLX5_COSIM_COMMIT") {
        return Ok(format!("{version} ({commit})"));
    }
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(root)
            .args(arguments)
            .output()
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return Ok(version);
    };
    // Where HEAD points changes with each commit and each branch.
    for name in ["HEAD", "logs/HEAD"] {
        let file = git(&["rev-parse", "--path-format=absolute", "--git-path", name]);
        if let Some(file) = file.filter(|file| Path::new(file).is_file()) {
            println!("cargo::rerun-if-changed={file}");
        }
    }
    Ok(format!("{version} ({commit})"))
}

/// The JSON files below a folder, but for the schema, which lies among them.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "json")
            && !path.ends_with("scenario.schema.json")
        {
            files.push(path);
        }
    }
    Ok(())
}
