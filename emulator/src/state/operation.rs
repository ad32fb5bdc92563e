//! What firmware knows of an operation besides what it does: a row of the table of operations without its handler.

use crate::record::CommandFields;
use crate::reply::Reply;
use crate::state::latency::Latency;
use crate::state::message_length::PageList;
use prm::{CommandStatus, Layout, Opcode};
use std::hash::{Hash, Hasher};

/// An operation. A command carries the row of its own from when it is fetched.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) opcode: Opcode,
    /// Shortest input in bytes.
    pub(crate) shortest_input: usize,
    /// Shortest output in bytes.
    pub(crate) shortest_output: usize,
    /// Which list of pages its messages may have.
    pub(crate) list: PageList,
    /// How its input names the function that it is about.
    pub(crate) about: About,
    /// How long firmware works on it.
    pub(crate) latency: Latency,
    /// The pages that it needs with the profile `modelled`.
    pub(crate) demand: Demand,
    /// What a record tells of it.
    pub(crate) fields: fn(&Exchange<'_>) -> CommandFields,
}

impl Hash for Operation {
    /// There is one row for each.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.opcode.hash(state);
    }
}

/// How the input of a command names the function that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum About {
    /// It does not: it is about the function whose command interface it came through.
    Itself,
    /// ENABLE_HCA and DISABLE_HCA: by function id, vhca_id, or the vport number of a satellite PF.
    Hca,
    /// Capability commands: another function only with the flag for it.
    Capability,
    /// By the identity of a page owner.
    PageOwner,
    /// By vport number, with the flag for another vport.
    Vport,
    /// By the function id of a managed function.
    Managed,
    /// By vhca_id.
    VhcaId,
    /// By vport number, whose own it cannot be.
    OtherVport,
}

/// Pages that a command needs with the profile `modelled`. The figures are a model, not measurements: they make a run move
/// pages at the places where a device moves them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Demand {
    /// None.
    Nothing,
    /// So many, for the function that the command is about.
    Pages(i32),
    /// So many, if it is about another function than its endpoint's own.
    OfOthers(i32),
    /// One for so many pages of its list, at least one.
    PerListed(u64),
}

/// A command and its answer, as far as a record tells of them.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Exchange<'a> {
    pub(crate) opcode: Opcode,
    pub(crate) op_mod: u16,
    pub(crate) input: &'a [u8],
    /// function_id, vhca_id or vport number, whichever the command carries.
    pub(crate) id: Option<u16>,
    /// Number of entries of its list of pages.
    pub(crate) listed_pages: u64,
    pub(crate) reply: Option<&'a Reply>,
}

impl Exchange<'_> {
    /// The input; one that is too short reads as zero.
    pub(crate) fn input<L: Layout>(&self) -> L {
        L::from_prefix(self.input).unwrap_or_default()
    }

    /// The output, if the command succeeded.
    pub(crate) fn output<L: Layout>(&self) -> Option<L> {
        let reply = self.reply.filter(|reply| reply.status == CommandStatus::Ok)?;
        Some(L::from_prefix(&reply.output).unwrap_or_default())
    }
}
