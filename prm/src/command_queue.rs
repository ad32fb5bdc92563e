//! The command queue in host memory: its entries, the mailboxes that hang from them, and their signatures.
//!
//! The host writes an entry, hands it to the device with the owner bit and rings the doorbell; the device
//! executes it, writes the output and hands it back (PRM "Command Interface"; `mlx5_cmd_init`,
//! `cmd_work_handler`).

use crate::layout;

/// The `kind` of an entry that carries a command over PCI.
pub const ENTRY_KIND_PCIE: u8 = 7;

/// Bytes of input, and of output, that lie in the entry itself; the rest is in mailboxes.
pub const INLINE_LENGTH: usize = 16;

/// Bytes of command data in one mailbox.
pub const MAILBOX_DATA_LENGTH: usize = 512;

/// Distance in bytes at which the host allocates mailboxes, and their alignment.
pub const MAILBOX_STRIDE: u64 = 1024;

layout! {
    /// One entry of the command queue (PRM "Command Queue Entry"; `cmd_work_handler`).
    pub struct CommandEntry: 64 {
        /// Transport of the entry: [`ENTRY_KIND_PCIE`].
        kind: 8,
        _: 24,
        /// Length of the whole input in bytes.
        input_length: 32,
        /// Bus address of the first input mailbox; 0 if the input fits in the entry.
        input_mailbox: 64,
        _: 256,
        /// Bus address of the first output mailbox; 0 if the output fits in the entry.
        output_mailbox: 64,
        /// Length of the whole output in bytes.
        output_length: 32,
        /// Number that the entry's mailboxes carry too; never 0.
        token: 8,
        /// Makes the exclusive or of all 64 bytes 0xff.
        signature: 8,
        _: 8,
        /// [`DeliveryStatus`](crate::DeliveryStatus), written by the device.
        delivery_status: 7,
        /// Set: the device owns the entry. The device clears it last of all.
        owner: 1,
    }
}

/// Byte offset of the inline input in a [`CommandEntry`].
pub const INLINE_INPUT_OFFSET: usize = 0x10;

/// Byte offset of the inline output in a [`CommandEntry`].
pub const INLINE_OUTPUT_OFFSET: usize = 0x20;

/// Byte offset in a [`CommandEntry`] of the byte that holds the delivery status and the owner bit.
pub const STATUS_OWNER_OFFSET: usize = 0x3f;

impl CommandEntry {
    /// The first 16 bytes of the input.
    #[must_use]
    pub fn inline_input(&self) -> &[u8] {
        &self.0[INLINE_INPUT_OFFSET..INLINE_INPUT_OFFSET + INLINE_LENGTH]
    }

    /// The first 16 bytes of the input, to be written.
    pub fn inline_input_mut(&mut self) -> &mut [u8] {
        &mut self.0[INLINE_INPUT_OFFSET..INLINE_INPUT_OFFSET + INLINE_LENGTH]
    }

    /// The first 16 bytes of the output.
    #[must_use]
    pub fn inline_output(&self) -> &[u8] {
        &self.0[INLINE_OUTPUT_OFFSET..INLINE_OUTPUT_OFFSET + INLINE_LENGTH]
    }

    /// The first 16 bytes of the output, to be written.
    pub fn inline_output_mut(&mut self) -> &mut [u8] {
        &mut self.0[INLINE_OUTPUT_OFFSET..INLINE_OUTPUT_OFFSET + INLINE_LENGTH]
    }

    /// Computes the signature over the entry as it stands, the owner bit included, and writes it.
    pub fn sign(&mut self) {
        self.set_signature(0);
        let signature = !exclusive_or(&self.0);
        self.set_signature(signature);
    }

    /// Whether the signature fits the entry as it stands.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        exclusive_or(&self.0) == 0xff
    }
}

layout! {
    /// One mailbox: 512 bytes of command data and a trailer that links it to the next (PRM "Command Interface
    /// Mailbox"; `mlx5_alloc_cmd_msg`).
    pub large struct Mailbox: 576 {
        _: 4480,
        /// Bus address of the next mailbox; 0 in the last one.
        next: 64,
        /// Position in the chain, from 0.
        block_number: 32,
        _: 8,
        /// Token of the entry that the chain belongs to.
        token: 8,
        /// Complement of the exclusive or of bytes 0x200 to 0x23d.
        control_signature: 8,
        /// Complement of the exclusive or of bytes 0x000 to 0x23e.
        signature: 8,
    }
}

/// Byte offset of a mailbox's trailer, where the bytes under the control signature begin.
const TRAILER_OFFSET: usize = 0x200;

/// Byte offset of the control signature in a mailbox.
const CONTROL_SIGNATURE_OFFSET: usize = 0x23e;

/// Byte offset of the signature in a mailbox.
const SIGNATURE_OFFSET: usize = 0x23f;

impl Mailbox {
    /// The command data.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.0[..MAILBOX_DATA_LENGTH]
    }

    /// The command data, to be written.
    pub fn data_mut(&mut self) -> &mut [u8] {
        &mut self.0[..MAILBOX_DATA_LENGTH]
    }

    /// Computes both signatures and writes them. The driver and the device may agree not to use them.
    pub fn sign(&mut self) {
        let control = !exclusive_or(&self.0[TRAILER_OFFSET..CONTROL_SIGNATURE_OFFSET]);
        self.set_control_signature(control);
        let signature = !exclusive_or(&self.0[..SIGNATURE_OFFSET]);
        self.set_signature(signature);
    }

    /// Whether both signatures fit the mailbox.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        exclusive_or(&self.0[TRAILER_OFFSET..SIGNATURE_OFFSET]) == 0xff && exclusive_or(&self.0) == 0xff
    }
}

/// Number of mailboxes that `length` bytes of input or output need beyond the 16 bytes in the entry.
#[must_use]
pub const fn mailboxes_for(length: usize) -> usize {
    length.saturating_sub(INLINE_LENGTH).div_ceil(MAILBOX_DATA_LENGTH)
}

fn exclusive_or(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}
