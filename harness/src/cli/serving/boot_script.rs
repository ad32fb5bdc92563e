//! A script that boots a guest of the kit with a served device: QEMU by hand, with everything that it needs.

use super::plug;
use crate::cli::backend::quoted;
use device_server::DeviceServer;
use files::{FileError, OutputFile};
use guest::image::{Image, ImageError, ImageOptions};
use guest::kit::{Kit, KitError, KitOptions};
use guest::machine::{CommandLine, Console, Fittings};
use guest_protocol::SHELL_WORD;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// The guest's memory, in MiB.
const MEMORY_MIB: u32 = 512;

/// Why there is no script.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum BootScriptError {
    /// There is no kit.
    #[error(transparent)]
    Kit(#[from] KitError),
    /// The initramfs cannot be built.
    #[error("initramfs: {0}")]
    Image(#[from] ImageError),
    /// The script cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Writes the script to `file`, and an initramfs with a shell beside it.
///
/// # Errors
/// See [`BootScriptError`].
pub(super) fn write(file: &Path, device: &DeviceServer) -> Result<(), BootScriptError> {
    let failed = |cause| FileError {
        path: file.to_owned(),
        cause,
    };
    let kit = Kit::locate(&KitOptions {
        subfunctions: device.silicon().config().sfs.max > 0,
        ..KitOptions::default()
    })?;
    let file = std::path::absolute(file).map_err(failed)?;
    let initrd = file.with_extension("initramfs");
    Image::build(kit.modules(), &ImageOptions::default())?.write(&initrd)?;
    let functions = plug::functions(&device.slots());
    let machine = CommandLine {
        functions: &functions,
        bar_bytes: device.bar_bytes(),
        initrd: &initrd,
        append: SHELL_WORD,
        memory_mib: MEMORY_MIB,
        console: Console::Terminal,
        agent: None,
        monitor: None,
        fittings: Fittings::default(),
    };
    let mut written = OutputFile::create_executable(&file)?;
    let script = script(&machine.command(&kit));
    written.write_all(script.as_bytes()).map_err(failed)?;
    Ok(written.finish()?)
}

/// The command as a shell script, with an argument per line that begins with a dash.
fn script(command: &Command) -> String {
    let word = |word: &std::ffi::OsStr| quoted(&word.to_string_lossy());
    let mut text = "#!/bin/sh\nexec env".to_owned();
    for (name, value) in command.get_envs() {
        let value = value.map(word).unwrap_or_default();
        text += &format!(" {}={value}", name.to_string_lossy());
    }
    text += &format!(" {}", word(command.get_program()));
    for argument in command.get_args() {
        let argument = word(argument);
        let separator = if argument.starts_with('-') {
            " \\\n    "
        } else {
            " "
        };
        text += separator;
        text += &argument;
    }
    text + " \"$@\"\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_runs_the_command_with_its_environment() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("boot");
        let mut command = Command::new("sh");
        command.env("GREETING", "it's me");
        command.args(["-c", "echo \"$GREETING, $1 and $2\"", "sh", "{\"addr\":\"4.0\"}"]);
        std::fs::write(&file, script(&command)).unwrap();
        let output = Command::new("sh").arg(&file).arg("more").output().unwrap();
        let words = String::from_utf8(output.stdout).unwrap();
        assert_eq!(words, "it's me, {\"addr\":\"4.0\"} and more\n");
    }
}
