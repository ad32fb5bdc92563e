//! What the harness asks of the guest.

use crate::Devlink;
use serde::{Deserialize, Serialize};

/// One order and the number under which its reply comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Chosen by the harness; the guest only repeats it.
    pub id: u32,
    /// What to do.
    pub order: Order,
}

/// What the guest can be asked to do.
///
/// A `device` is a PCI address as sysfs writes it, `0000:00:04.0`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Inserts `<name>.ko` of the image. [`Answer::Done`](crate::Answer::Done) after the module's own start, and so
    /// after it has probed the devices that are there.
    InsertModule {
        /// Without `.ko`; `-` and `_` are the same.
        name: String,
        /// As on the line of `insmod`: `debug_mask=3 dyndbg="file pagealloc.c +p"`.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        parameters: String,
    },
    /// Removes a module; done when the kernel has removed it.
    RemoveModule {
        /// Without `.ko`; `-` and `_` are the same.
        name: String,
    },
    /// Writes a file of sysfs, debugfs or proc in one call. What the kernel answers to the write is the outcome.
    WriteFile {
        /// Where.
        path: String,
        /// Written as it is, without a line end of its own.
        text: String,
    },
    /// Reads files: [`Answer::Files`](crate::Answer::Files).
    ReadFiles {
        /// Read in this order.
        paths: Vec<String>,
    },
    /// Names in a folder: [`Answer::Names`](crate::Answer::Names).
    ListDirectory {
        /// The folder.
        path: String,
    },
    /// Writes into the config space of a PCI function, in one call.
    WriteConfig {
        /// The function.
        device: String,
        /// First byte.
        offset: u32,
        /// The bytes, as they lie in config space: little-endian.
        bytes: Vec<u8>,
    },
    /// Reads the config space of a PCI function: [`Answer::Bytes`](crate::Answer::Bytes), shorter at its end.
    ReadConfig {
        /// The function.
        device: String,
        /// First byte.
        offset: u32,
        /// How many bytes.
        length: u32,
    },
    /// Binds a PCI function to a driver; done when the probe has ended.
    Bind {
        /// As in `/sys/bus/pci/drivers`.
        driver: String,
        /// The function.
        device: String,
    },
    /// Unbinds a PCI function from the driver that it has.
    Unbind {
        /// The function.
        device: String,
    },
    /// An operation of devlink.
    Devlink(Devlink),
    /// The page counters of an mlx5 function: [`Answer::Counters`](crate::Answer::Counters).
    PageCounters {
        /// The function, or the name of an auxiliary device such as `mlx5_core.sf.4`.
        device: String,
    },
    /// Lets the kernel's tracing note what [`Order::Look`] hands out: [`Answer::Names`](crate::Answer::Names) with the events that it
    /// does not take.
    Trace {
        /// Definitions as `kprobe_events` of tracefs takes them; they replace those that were there.
        events: Vec<String>,
    },
    /// Who of the kernel is busy, what has been traced since the last such order, and the page counters of an mlx5 function:
    /// [`Answer::Look`](crate::Answer::Look).
    Look {
        /// As in [`Order::PageCounters`].
        device: String,
    },
    /// The page counters of all mlx5 functions that have them: [`Answer::CountersByDevice`](crate::Answer::CountersByDevice).
    AllPageCounters,
    /// The PCI functions that the kernel knows: [`Answer::PciDevices`](crate::Answer::PciDevices).
    PciDevices,
    /// Runs a program of the image: [`Answer::Done`](crate::Answer::Done) once it has ended well. How it ended otherwise is the
    /// refusal, with its last words.
    Run {
        /// Its path.
        program: String,
        /// Behind its name.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        arguments: Vec<String>,
    },
    /// What the kernel has printed since the last such order: [`Answer::Lines`](crate::Answer::Lines).
    KernelLog,
    /// The oldest lines of what [`Order::KernelLog`] would give; the others are for the next such order. What a kernel can print
    /// between two orders has no limit, an answer has.
    KernelLogPart {
        /// How many lines there may be.
        at_most: u32,
    },
    /// Waits until the kernel prints a line with one of these words in it: [`Answer::Done`](crate::Answer::Done). What it has printed
    /// before the order came does not count. Where none comes in time, the refusal is `ETIMEDOUT`.
    AwaitLine {
        /// One of them is enough.
        words: Vec<String>,
        /// How long to wait.
        limit_ms: u32,
    },
    /// Another kernel takes the machine over, without a reset, after the drivers have shut their devices down. Answered before that,
    /// once that kernel is loaded; then its own program says that it is [`Ready`](crate::Ready). What the old kernel prints meanwhile
    /// goes to the console.
    NextKernel,
    /// The machine starts again, after the drivers have shut their devices down. Answered before that.
    Restart,
    /// Shuts down and switches off. Answered at once; drivers run their shutdown first, which may hang, so a harness waits for the
    /// guest's end only for a while.
    PowerOff,
}
