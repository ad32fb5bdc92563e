//! What the user of a guest wants of it: a program, and the folders it finds.

use serde::{Deserialize, Serialize};

/// What to run, and in which surroundings. The guest switches itself off when it has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errand {
    /// What to run.
    pub program: Program,
    /// Where it begins. Where there is no such folder, it begins elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// What it takes for the root of the file system.
    #[serde(default)]
    pub root: Root,
    /// Folders of the host, mounted in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<Share>,
}

/// What to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Program {
    /// A shell on the first serial port, for a person.
    Terminal(Terminal),
    /// A shell that reads its input.
    Input,
    /// A shell that is given these lines.
    Script(String),
    /// A program and its arguments, as they are.
    Words(Vec<String>),
}

/// The user's terminal, as far as a serial port does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terminal {
    /// Lines.
    pub rows: u16,
    /// Letters in a line.
    pub columns: u16,
    /// Its kind, as `TERM` says it.
    pub kind: String,
}

/// What a program takes for the root of the file system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Root {
    /// What the image has.
    #[default]
    Image,
    /// The folder that the host offers by this tag. What is written stays in the guest.
    Shared {
        /// The tag.
        tag: String,
    },
}

/// A folder of the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// What the host calls it.
    pub tag: String,
    /// Where it is mounted.
    pub place: String,
    /// Whether it may be written to.
    pub access: Access,
}

/// What a guest may do to a folder of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Read.
    Read,
    /// Read and write.
    Write,
}
