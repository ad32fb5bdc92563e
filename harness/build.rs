//! Lists the project's scenarios and devices as Rust, so that the program carries them with it. Runs again whenever a
//! file in their folders comes, goes or changes.

use std::env;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

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
    Ok(())
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
