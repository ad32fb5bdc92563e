//! Files and folders that the tool makes where others can reach.
//!
//! | where | what |
//! |---|---|
//! | [`output`] | a file that stands under its name only when it is whole |
//! | [`stream`] | a file that grows line by line while others read it |
//! | [`folder`] | folders that nobody but the user may change |
//! | [`scratch`] | temporary folders, and those of processes that were killed |

mod error;
pub mod folder;
pub mod output;
mod place;
pub mod scratch;
pub mod stream;

pub use error::FileError;
pub use folder::{FolderError, private_folder};
pub use output::{OutputFile, write};
pub use scratch::Scratch;
pub use stream::LineFile;
