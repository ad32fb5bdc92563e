//! Texts that others wrote: how they are read, and how they are shown.
//!
//! | where | what |
//! |---|---|
//! | [`reading`] | from a file's bytes to a text: a limit that is known beforehand, and one encoding |
//! | [`printable`] | a text as a terminal, an XML file or a line of a protocol can take it |

pub mod printable;
pub mod reading;
