//! Words that only messages have.

use super::telling::{Datum, Told};
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

macro_rules! words {
    ($($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal as $word:literal,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)*
        }

        impl Told for $name {
            const DATUM: Datum = Datum::Words(&[$(($text, $word)),*]);

            fn example(seed: u8) -> Self {
                const ALL: &[$name] = &[$($name::$variant),*];
                ALL[usize::from(seed) % ALL.len()]
            }
        }

        /// As the kernel's log has it.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => $text,)*
                })
            }
        }

        /// As files have it.
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(match self {
                    $(Self::$variant => $word,)*
                })
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                match text.as_str() {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(D::Error::custom(format_args!("`{text}` is no {}", stringify!($name)))),
                }
            }
        }
    )*};
}

words! {
    /// The page counters that are looked at when all pages should be back (`mlx5_reclaim_startup_pages`).
    pub enum PageCounter {
        /// All pages.
        Total = "FW pages counter" as "fw_pages_total",
        /// VFs'.
        Vfs = "VFs FW pages counter" as "fw_pages_vfs",
        /// The embedded CPU's VFs'.
        EcVfs = "EC VFs FW pages counter" as "fw_pages_ec_vfs",
        /// The external host PF's.
        HostPf = "External host PF FW pages counter" as "fw_pages_host_pf",
        /// Satellite PFs'.
        Spfs = "SPFs FW pages counter" as "fw_pages_spfs",
    }

    /// What an access to the device or to the memory it shares was to do.
    pub enum BusAccess {
        /// Read a register.
        RegisterRead = "read of register" as "register_read",
        /// Write a register.
        RegisterWrite = "write of register" as "register_write",
        /// Reset the function.
        FunctionReset = "reset of function" as "function_reset",
        /// Read shared memory.
        MemoryRead = "read of memory" as "memory_read",
        /// Write shared memory.
        MemoryWrite = "write of memory" as "memory_write",
        /// Take a page from the device, or shared memory.
        Unmap = "unmapping of" as "unmap",
        /// Enable an interrupt vector.
        InterruptEnable = "enabling of vector" as "interrupt_enable",
        /// Disable an interrupt vector.
        InterruptDisable = "disabling of vector" as "interrupt_disable",
    }

    /// Whose pages a wait was for (`mlx5_wait_for_pages`).
    pub enum AwaitedPages {
        /// VFs'.
        Vfs = "VFs" as "VFs",
        /// The embedded CPU's VFs'.
        EcVfs = "EC VFs" as "EC VFs",
        /// The external host PF's.
        HostPf = "external host PF" as "external host PF",
        /// Satellite PFs'.
        Spf = "SPF" as "SPF",
        /// VFs' of the external host.
        HostVfs = "external host VFs" as "external host VFs",
    }
}

/// A VF by its number, from 1. The kernel's log counts from 0 (`mlx5_device_enable_sriov`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(transparent)]
pub struct VfNumber(pub u16);

impl Told for VfNumber {
    const DATUM: Datum = Datum::VfNumber;

    fn example(seed: u8) -> Self {
        Self(u16::from(seed) + 1)
    }
}

impl fmt::Display for VfNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.saturating_sub(1))
    }
}
