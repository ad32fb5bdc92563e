//! Which device the command line asks for.

use crate::cli::diagnostic;
use crate::cli::exit::Exit;
use crate::cli::library;
use crate::scenario::{ReadError, parse_device};
use clap::Args;
use emulator::DeviceConfig;
use std::path::PathBuf;

/// The device that is there where none is asked for.
const DEFAULT: &str = include_str!("../../../../devices/pf.json");

/// A device and the seed of its randomness.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct DeviceChoice {
    /// The device: a file like devices/pf.json (which is the default), or a scenario, whose device is taken.
    #[arg(long, value_name = "FILE")]
    device: Option<PathBuf>,
    /// Seed of what the device draws.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(in crate::cli) seed: u64,
}

impl DeviceChoice {
    /// Reads it; what is wrong with it is told on stderr.
    ///
    /// # Errors
    /// How the process ends then.
    pub(in crate::cli) fn read(&self) -> Result<DeviceConfig, Exit> {
        let read = match &self.device {
            Some(file) => library::device(file),
            None => parse_device("devices/pf.json", DEFAULT.to_owned()).map_err(ReadError::from),
        };
        read.map_err(|error| {
            diagnostic::print(&error);
            diagnostic::exit(&error)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_device_is_valid() {
        let choice = DeviceChoice {
            device: None,
            seed: 0,
        };
        assert_eq!(choice.read().unwrap().vfs.total, 3);
    }
}
