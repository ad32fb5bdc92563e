//! Kernel modules.

use super::refusal::{check_name, refuse, refused, refused_io};
use guest_protocol::{Answer, MODULES_FOLDER, OWN_MODULES, Refusal};
use rustix::io::Errno;
use rustix::system::{delete_module, finit_module};
use std::ffi::CString;
use std::fs::File;
use std::path::Path;

/// The kernel and the image write `_` where a file name may have `-`.
fn canonical(name: &str) -> Result<String, Refusal> {
    check_name(name)?;
    Ok(name.replace('-', "_"))
}

/// Inserts a module of the image.
pub fn insert(name: &str, parameters: &str) -> Result<Answer, Refusal> {
    let name = canonical(name)?;
    // Under another root the image's modules are elsewhere.
    let places = [MODULES_FOLDER, OWN_MODULES].map(|folder| format!("{folder}/{name}.ko"));
    let [usual, other] = places;
    let path = if Path::new(&other).exists() { other } else { usual };
    let file = File::open(&path).map_err(refused_io(format!("open {path}")))?;
    let parameters = text(parameters)?;
    finit_module(file, &parameters, 0).map_err(refused(format!("insert {name}")))?;
    Ok(Answer::Done)
}

/// Removes a module that nobody uses.
pub fn remove(name: &str) -> Result<Answer, Refusal> {
    let name = canonical(name)?;
    // Without waiting for users to go: the kernel knows no other way any more.
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    delete_module(&text(&name)?, flags).map_err(refused(format!("remove {name}")))?;
    Ok(Answer::Done)
}

fn text(text: &str) -> Result<CString, Refusal> {
    CString::new(text).map_err(|_| refuse(Errno::INVAL, format!("{text:?} holds a zero byte")))
}
