//! Functions of a device by the names scenarios and reports give them: `pf`, `vf1`, `host_vf2`, `spf1`.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// PCI device id of a VF of the ConnectX family. The driver takes a function for a VF by this id alone (`mlx5_core_pci_table`).
pub const VF_DEVICE: u16 = 0x101c;

/// Who owns pages. Numbers start at 1, as the functions of a PCI device do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    /// The physical function of a plain NIC.
    Pf,
    /// The physical function of a second host, on a device for several hosts.
    SecondPf,
    /// The embedded-CPU physical function (BlueField's Arm side).
    Ecpf,
    /// The external host's physical function, seen from an ECPF.
    HostPf,
    /// A satellite physical function, seen from an ECPF.
    SatellitePf(u16),
    /// A virtual function of the PF.
    Vf(u16),
    /// A virtual function of the external host's PF.
    HostVf(u16),
    /// A virtual function of the ECPF.
    EcVf(u16),
    /// A scalable function.
    Sf(u16),
    /// A scalable function of the external host, which the embedded CPU manages.
    HostSf(u16),
    /// A virtual function delegated by another eswitch.
    AdjacentVf(u16),
}

/// The text names no function.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "`{0}` is not a function; write pf, pf2, ecpf, host_pf, spf1, vf1, host_vf1, ec_vf1, sf1, host_sf1 or adjacent_vf1"
)]
pub struct UnknownFunction(pub String);

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pf => f.write_str("pf"),
            Self::SecondPf => f.write_str("pf2"),
            Self::Ecpf => f.write_str("ecpf"),
            Self::HostPf => f.write_str("host_pf"),
            Self::SatellitePf(n) => write!(f, "spf{n}"),
            Self::Vf(n) => write!(f, "vf{n}"),
            Self::HostVf(n) => write!(f, "host_vf{n}"),
            Self::EcVf(n) => write!(f, "ec_vf{n}"),
            Self::Sf(n) => write!(f, "sf{n}"),
            Self::HostSf(n) => write!(f, "host_sf{n}"),
            Self::AdjacentVf(n) => write!(f, "adjacent_vf{n}"),
        }
    }
}

impl FromStr for Function {
    type Err = UnknownFunction;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownFunction(text.to_owned());
        match text {
            "pf" => return Ok(Self::Pf),
            "pf2" => return Ok(Self::SecondPf),
            "ecpf" => return Ok(Self::Ecpf),
            "host_pf" => return Ok(Self::HostPf),
            _ => {}
        }
        let digits = text.find(|c: char| c.is_ascii_digit()).ok_or_else(unknown)?;
        let (kind, number) = text.split_at(digits);
        let number: u16 = number.parse().map_err(|_| unknown())?;
        if number == 0 {
            return Err(unknown());
        }
        match kind {
            "spf" => Ok(Self::SatellitePf(number)),
            "vf" => Ok(Self::Vf(number)),
            "host_vf" => Ok(Self::HostVf(number)),
            "ec_vf" => Ok(Self::EcVf(number)),
            "sf" => Ok(Self::Sf(number)),
            "host_sf" => Ok(Self::HostSf(number)),
            "adjacent_vf" => Ok(Self::AdjacentVf(number)),
            _ => Err(unknown()),
        }
    }
}

impl Serialize for Function {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Function {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// Names of functions, as a regular expression.
pub const PATTERN: &str = "^(pf2?|ecpf|host_pf|(spf|vf|host_vf|ec_vf|sf|host_sf|adjacent_vf)[1-9][0-9]*)$";

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Function {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Function".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": PATTERN })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_the_name_it_prints() {
        let kinds = [
            Function::Pf,
            Function::Ecpf,
            Function::SecondPf,
            Function::HostPf,
            Function::SatellitePf(1),
            Function::Vf(12),
            Function::HostVf(2),
            Function::EcVf(3),
            Function::Sf(88),
            Function::HostSf(2),
            Function::AdjacentVf(1),
        ];
        for function in kinds {
            assert_eq!(function.to_string().parse(), Ok(function));
        }
    }

    #[test]
    fn numbers_start_at_one_and_kinds_must_exist() {
        for text in ["vf0", "vf", "vf70000", "gf1", "", "1"] {
            assert!(text.parse::<Function>().is_err(), "{text}");
        }
    }
}
