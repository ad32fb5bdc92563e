//! `explore` by seeds that draw scenarios.
//!
//! | where | what |
//! |---|---|
//! | `on_linux` | firmware's choices are drawn in the frame of a file, and played on the unmodified driver |
//! | `differential` | everything is drawn, and played on the unmodified driver and on ours |
//! | `guests` | the unmodified driver's guests |
//! | `keeping` | scenarios that are kept |
//! | `in_process` | everything is drawn, and played on every revision of our driver |

pub(super) mod differential;
mod guests;
pub(super) mod in_process;
pub(super) mod keeping;
pub(super) mod on_linux;
