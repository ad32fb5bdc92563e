//! What a harness and the program in its guest say to each other over the guest's second serial port, and what a user's program in
//! the guest and the user's streams are joined by ([`ToSession`], [`FromSession`]).
//!
//! One JSON value per line, UTF-8, ended by `\n`. The harness sends a [`Request`], the guest sends [`FromGuest`].
//!
//! 1. The guest sends [`FromGuest::Ready`] once. What was sent to it earlier is lost: the port was not open yet.
//! 2. Every request is carried out in a thread of its own and answered by one [`FromGuest::Reply`] with the same `id`. An order that
//!    blocks (a module that cannot be removed) stays unanswered while others are served; two orders sent without
//!    waiting for the first reply may be carried out in either order.
//! 3. [`FromGuest::Complaint`] comes at any time, as soon as the kernel has printed the line.
//! 4. A line that cannot be read is answered by [`FromGuest::Misread`], which has no `id`.
//!
//! ```text
//! -> {"id":7,"order":{"write_file":{"path":"/sys/bus/pci/devices/0000:00:04.0/sriov_numvfs","text":"2"}}}
//! <- {"reply":{"id":7,"microseconds":1204311,"outcome":{"error":{"errno":16,"what":"write /sys/...: EBUSY"}}}}
//! ```

mod answer;
mod complaint;
mod devlink;
mod errand;
mod line;
mod order;
mod report;
mod session;

pub use answer::{Answer, LogLine, Look, Outcome, PciDevice, Refusal, Task};
pub use complaint::{classify, is_cut};
pub use devlink::Devlink;
pub use errand::{Access, Errand, Program, Root, Share, Terminal};
pub use line::{LineError, from_line, to_line};
pub use order::{Order, Request};
pub use prm::EswitchMode;
pub use report::{Complaint, ComplaintKind, FromGuest, Ready, Reply};
pub use session::{
    FromSession, LONGEST_FRAME, PORTION, SESSION_PORT, SESSION_VERSION, SESSION_WORD, Stream, ToSession,
};

/// Said in [`Ready`]; a harness refuses a guest that says another one.
pub const VERSION: u32 = 5;

/// The word on the kernel command line that makes the guest insert its modules and offer a shell on its console. It serves no
/// orders then, but with [`ORDERS_WORD`].
pub const SHELL_WORD: &str = "mlx5cosim.shell";

/// The word on the kernel command line that makes the guest serve orders beside its shell, once its modules are inserted.
pub const ORDERS_WORD: &str = "mlx5cosim.orders";

/// The folder in the guest of a person with what is there under every root.
pub const OWN_FOLDER: &str = "/run/mlx5-cosim";

/// The image's modules in that folder.
pub const OWN_MODULES: &str = "/run/mlx5-cosim/modules";

/// The shell in the guest, and much else, where the kit has it.
pub const BUSYBOX: &str = "/bin/busybox";

/// What the guest's shell writes when it waits for a line.
pub const SHELL_PROMPT: &str = "guest# ";

/// The kernel image in the guest that can take the machine over.
pub const NEXT_KERNEL: &str = "/boot/vmlinuz";

/// The initramfs of that kernel. It has no other kernel in it.
pub const NEXT_INITRD: &str = "/boot/initramfs";

/// The folder in the guest that holds `<name>.ko` for every module of the image.
pub const MODULES_FOLDER: &str = "/lib/modules";

/// The file in the guest that names the modules of the image, one per line, each after those it depends on.
pub const MODULES_ORDER: &str = "/lib/modules/order";
