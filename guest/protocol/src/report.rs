//! What the guest says.

use crate::Outcome;
use serde::{Deserialize, Serialize};

/// One line from the guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromGuest {
    /// The first line: from now on orders are read.
    Ready(Ready),
    /// The end of one order.
    Reply(Reply),
    /// The kernel has printed something that it does not print when all is well.
    Complaint(Complaint),
    /// A line was not a [`Request`](crate::Request).
    Misread {
        /// The line.
        line: String,
        /// What is wrong with it.
        why: String,
    },
}

/// What the guest is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ready {
    /// [`VERSION`](crate::VERSION) of the guest's program.
    pub version: u32,
    /// Release of the kernel, `7.2.12+deb13-amd64`.
    pub kernel: String,
    /// The modules of the image, each after those it depends on. None is inserted, but beside a shell, which has inserted all that
    /// the kernel took.
    pub modules: Vec<String>,
    /// Since the kernel's start.
    pub microseconds: u64,
}

/// The end of one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// As in the request.
    pub id: u32,
    /// How long the order took, on the guest's clock.
    pub microseconds: u64,
    /// What came of it.
    pub outcome: Outcome,
}

/// A line in the kernel's log that tells of a defect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Complaint {
    /// What kind of defect.
    pub kind: ComplaintKind,
    /// The line, with the place: `WARNING: .../pagealloc.c:738 at mlx5_reclaim_startup_pages+0x1c/0x130`.
    pub line: String,
    /// What the kernel said between its `cut here` and the line: `VFs FW pages counter is 300 after ...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The kernel's number of the line.
    pub sequence: u64,
    /// When it was printed, since the guest's boot.
    pub microseconds: u64,
}

/// What a [`Complaint`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComplaintKind {
    /// A `WARN_ON`.
    Warning,
    /// A `BUG` that is none of the others: bad page state, list corruption, sleeping while atomic.
    Bug,
    /// A fault in kernel mode: bad pointer, general protection fault, an `Oops` line.
    Oops,
    /// The lock validator has found a cycle or a misuse.
    Lockdep,
    /// A task has been blocked, or a processor stuck, for too long.
    HungTask,
    /// A page allocation failed.
    Allocation,
    /// KASAN, KFENCE, UBSAN, KMSAN or KCSAN has found a defect.
    Sanitizer,
    /// The kernel gives up.
    Panic,
}
