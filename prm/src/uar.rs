//! User access regions: the pages of BAR 0 that hold the doorbells.

use crate::command::{Command, StatusOutput, commands};
use crate::layout;
use crate::opcode::Opcode;

/// Offset in a UAR page of the event queue doorbell that also arms the queue.
pub const EQ_DOORBELL_ARM: u64 = 0x40;

/// Offset in a UAR page of the event queue doorbell that only moves the consumer index.
pub const EQ_DOORBELL_NO_ARM: u64 = 0x48;

layout! {
    /// Value of the event queue doorbells, big-endian (PRM "EQ Doorbell"; `mlx5_eq_update_ci`,
    /// `eq_update_ci`).
    pub struct EqDoorbell: 4 {
        /// Queue.
        eq_number: 8,
        /// Low 24 bits of the free-running consumer index.
        consumer_index: 24,
    }
}

impl EqDoorbell {
    /// The doorbell from the value of its 32-bit word.
    #[inline]
    #[must_use]
    pub const fn from_word(word: u32) -> Self {
        Self(word.to_be_bytes())
    }

    /// The value of the doorbell's 32-bit word.
    #[inline]
    #[must_use]
    pub const fn to_word(self) -> u32 {
        u32::from_be_bytes(self.0)
    }
}

layout! {
    /// Input of ALLOC_UAR (PRM "ALLOC_UAR"; `mlx5_cmd_alloc_uar`).
    pub struct AllocUarIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        _: 64,
    }
}

layout! {
    /// Output of ALLOC_UAR.
    pub struct AllocUarOut: 16 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 8,
        /// [`UarIndex`](crate::UarIndex) of the region: its page in BAR 0.
        uar: 24,
        _: 32,
    }
}

layout! {
    /// Input of DEALLOC_UAR (PRM "DEALLOC_UAR"; `mlx5_cmd_free_uar`).
    pub struct DeallocUarIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        _: 8,
        /// Region to free.
        uar: 24,
        _: 32,
    }
}

commands! {
    /// Allocates a user access region.
    AllocUar: Opcode::AllocUar, AllocUarIn => AllocUarOut;
    /// Frees a user access region.
    DeallocUar: Opcode::DeallocUar, DeallocUarIn => StatusOutput;
}
