//! Where a function is on the machine's PCI bus.

use std::fmt;
use std::str::FromStr;

/// An address as sysfs writes it, `0000:00:05.0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PciAddress(String);

/// The text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a PCI address; write 0000:00:05.0")]
pub struct UnknownAddress(pub String);

impl FromStr for PciAddress {
    type Err = UnknownAddress;

    fn from_str(text: &str) -> Result<Self, UnknownAddress> {
        let form = "hhhh:hh:hh.h";
        let fits = |(form, found): (char, char)| match form {
            'h' => matches!(found, '0'..='9' | 'a'..='f'),
            mark => mark == found,
        };
        if text.len() == form.len() && form.chars().zip(text.chars()).all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(UnknownAddress(text.to_owned()))
        }
    }
}

impl fmt::Display for PciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PciAddress {
    /// The address as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_and_anything_else_is_refused() {
        let text = "0000:1f:0a.7";
        assert_eq!(text.parse::<PciAddress>().unwrap().to_string(), text);
        for wrong in [
            "",
            "00:05.0",
            "0000:00:05.g",
            "0000:00:05.0/",
            "0000-00:05.0",
            "0000:00:0A.0",
        ] {
            assert_eq!(wrong.parse::<PciAddress>(), Err(UnknownAddress(wrong.to_owned())));
        }
    }
}
