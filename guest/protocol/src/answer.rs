//! What comes of an order.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Whether an order was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was.
    Ok(Answer),
    /// It was not.
    Error(Refusal),
}

impl From<Result<Answer, Refusal>> for Outcome {
    fn from(result: Result<Answer, Refusal>) -> Self {
        match result {
            Ok(answer) => Self::Ok(answer),
            Err(refusal) => Self::Error(refusal),
        }
    }
}

impl From<Outcome> for Result<Answer, Refusal> {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Ok(answer) => Ok(answer),
            Outcome::Error(refusal) => Err(refusal),
        }
    }
}

/// Why an order was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(deny_unknown_fields)]
#[error("{what} (errno {errno})")]
pub struct Refusal {
    /// Positive, as in the kernel's `errno.h`.
    pub errno: i32,
    /// In words: the call that failed, and for devlink the kernel's own message.
    pub what: String,
}

/// What an order yields. Which one comes is told at each [`Order`](crate::Order).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Carried out; there is nothing more to say.
    Done,
    /// One entry per path, in the order asked. `null`: there is no such file. White space at both ends is taken off.
    Files(Vec<Option<String>>),
    /// Sorted.
    Names(Vec<String>),
    /// Of config space.
    Bytes(Vec<u8>),
    /// By file name; `null` if the function has no such folder. Read one after the other, so not one moment's picture.
    Counters(Option<BTreeMap<String, u32>>),
    /// By device, `0000:00:04.0` or an auxiliary device such as `mlx5_core.sf.4`, and by file name.
    CountersByDevice(BTreeMap<String, BTreeMap<String, u32>>),
    /// See there.
    Look(Look),
    /// Index of a new devlink port.
    Port(u32),
    /// Sorted by address.
    PciDevices(Vec<PciDevice>),
    /// In the order printed.
    Lines(Vec<LogLine>),
}

/// What a guest shows at a moment, read in this order: nothing that is read later is older than what is read before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// Kernel threads and orders that run or wait for what is not theirs to wait for any longer. Idle ones are left out, and so are
    /// those that serve nobody's orders.
    pub tasks: Vec<Task>,
    /// As [`Answer::Counters`].
    pub counters: Option<BTreeMap<String, u32>>,
    /// Lines of the kernel's trace, each seen once. Reading the counters is in it, file by file, if that is traced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<String>,
}

/// A task of the kernel's that is not idle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// `kworker/u4:1`, or `order-7` for the thread of an order.
    pub name: String,
    /// Whether it has or wants a processor; else it waits.
    pub runs: bool,
    /// The functions that it is in, the innermost first, without offsets and modules.
    pub place: Vec<String>,
}

/// One PCI function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PciDevice {
    /// `0000:00:04.0`.
    pub address: String,
    /// Vendor id.
    pub vendor: u16,
    /// Device id.
    pub device: u16,
    /// Class, subclass and programming interface.
    pub class: u32,
    /// The driver that it is bound to.
    pub driver: Option<String>,
    /// The physical function whose virtual function it is.
    pub physical_function: Option<String>,
}

impl fmt::Display for PciDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {:04x}:{:04x} class {:06x}",
            self.address, self.vendor, self.device, self.class
        )?;
        if let Some(driver) = &self.driver {
            write!(f, " driver {driver}")?;
        }
        if let Some(parent) = &self.physical_function {
            write!(f, " VF of {parent}")?;
        }
        Ok(())
    }
}

/// One line of the kernel's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    /// The kernel's number of it. A gap means that lines were lost.
    pub sequence: u64,
    /// Since the guest's boot.
    pub microseconds: u64,
    /// 0 emergency .. 3 error, 4 warning .. 7 debug.
    pub level: u8,
    /// Without time and level.
    pub text: String,
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "[{:5}.{:06}] <{}> {}",
            self.microseconds / 1_000_000,
            self.microseconds % 1_000_000,
            self.level,
            self.text
        )
    }
}
