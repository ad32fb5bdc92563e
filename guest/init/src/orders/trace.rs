//! The kernel's tracing: probes at functions of the driver, and what they have seen.

use super::files;
use super::refusal::{refused, refused_io};
use guest_protocol::{Answer, Refusal};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::{Errno, read};
use std::path::Path;

const TRACING: &str = "/sys/kernel/tracing";

/// Replaces the probes by these, each in the form of `kprobe_events`, and lets them note from now on. What the kernel does not
/// take (a function that it does not have) is named in the answer.
pub fn define(events: &[String]) -> Result<Answer, Refusal> {
    let probes = format!("{TRACING}/kprobe_events");
    let switch = format!("{TRACING}/events/kprobes/enable");
    if Path::new(&switch).exists() {
        files::write(&switch, b"0")?;
    }
    // An empty line removes those that are there.
    files::truncate(&probes)?;
    let mut refused_ones = Vec::new();
    for event in events {
        if files::append(&probes, event.as_bytes()).is_err() {
            refused_ones.push(event.clone());
        }
    }
    if Path::new(&switch).exists() {
        files::write(&format!("{TRACING}/trace_clock"), b"mono")?;
        files::write(&switch, b"1")?;
    }
    Ok(Answer::Names(refused_ones))
}

/// What has been noted since the last call. Nothing where there is no tracing.
pub fn take() -> Result<Vec<String>, Refusal> {
    let path = format!("{TRACING}/trace_pipe");
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let pipe = match open(&path, flags, Mode::empty()) {
        Ok(pipe) => pipe,
        Err(Errno::NOENT) => return Ok(Vec::new()),
        Err(errno) => return Err(refused(format!("open {path}"))(errno)),
    };
    let mut text = Vec::new();
    let mut part = vec![0; 1 << 16];
    loop {
        match read(&pipe, part.as_mut_slice()) {
            Ok(0) | Err(Errno::AGAIN) => break,
            Ok(count) => text.extend_from_slice(part.get(..count).unwrap_or_default()),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(refused_io(format!("read {path}"))(errno.into())),
        }
    }
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().map(str::to_owned).collect())
}
