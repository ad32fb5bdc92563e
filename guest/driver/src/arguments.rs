//! What the program is told when it is started: `SF_WINDOW MEMORY ADDRESS...`.

use driver_vfio::{PciAddress, UnknownAddress};
use std::num::ParseIntError;
use thiserror::Error;

/// See the module's head.
#[derive(Debug)]
pub struct Arguments {
    /// Bytes of BAR 2 that are the registers of one SF.
    pub sf_window: u64,
    /// Bytes of memory to share with the device.
    pub memory: u64,
    /// The functions by their places, the device's main one first.
    pub addresses: Vec<PciAddress>,
}

/// What is wrong with them.
#[derive(Debug, Error)]
pub enum ArgumentError {
    /// There are too few.
    #[error("arguments: SF_WINDOW MEMORY ADDRESS...")]
    Missing,
    /// No number.
    #[error("`{text}` is no number: {error}")]
    Number {
        /// What was given.
        text: String,
        /// What is wrong.
        error: ParseIntError,
    },
    /// No address.
    #[error(transparent)]
    Address(#[from] UnknownAddress),
}

impl Arguments {
    /// Reads them.
    ///
    /// # Errors
    /// See [`ArgumentError`].
    pub fn read(mut words: impl Iterator<Item = String>) -> Result<Self, ArgumentError> {
        let mut number = || {
            let text = words.next().ok_or(ArgumentError::Missing)?;
            text.parse()
                .map_err(|error| ArgumentError::Number { text, error })
        };
        let (sf_window, memory) = (number()?, number()?);
        let addresses = words
            .map(|word| word.parse())
            .collect::<Result<_, UnknownAddress>>()?;
        Ok(Self {
            sf_window,
            memory,
            addresses,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Arguments, ArgumentError> {
        Arguments::read(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn two_numbers_and_the_functions_are_told() {
        let arguments = read(&["1048576", "4096", "0000:00:04.0", "0000:00:05.0"]).unwrap();
        assert_eq!((arguments.sf_window, arguments.memory), (1 << 20, 4096));
        assert_eq!(arguments.addresses.len(), 2);
        assert!(matches!(read(&["1"]), Err(ArgumentError::Missing)));
        assert!(matches!(read(&["1", "x"]), Err(ArgumentError::Number { .. })));
        assert!(matches!(read(&["1", "2", "pf"]), Err(ArgumentError::Address(_))));
    }
}
