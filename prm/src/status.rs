//! How a command ended: by the firmware's status, or before it was executed at all.

use crate::raw_enum::raw_enum;

raw_enum! {
    /// Status in the first byte of a command's output (PRM "Command Status"; `cmd_status_to_err`).
    pub enum CommandStatus: u8 {
        /// Done.
        Ok = 0x00 "OK",
        /// The firmware failed inside.
        InternalError = 0x01 "INTERNAL_ERROR",
        /// Operation or operation modifier is unknown.
        BadOperation = 0x02 "BAD_OPERATION",
        /// A parameter is out of its range.
        BadParameter = 0x03 "BAD_PARAMETER",
        /// The system is not in the state the command needs.
        BadSystemState = 0x04 "BAD_SYSTEM_STATE",
        /// The named resource does not exist or is not the caller's.
        BadResource = 0x05 "BAD_RESOURCE",
        /// The named resource is in use.
        ResourceBusy = 0x06 "RESOURCE_BUSY",
        /// Would exceed a limit.
        LimitExceeded = 0x08 "LIMIT_EXCEEDED",
        /// The named resource is not in the state the command needs.
        BadResourceState = 0x09 "BAD_RESOURCE_STATE",
        /// The index is unknown.
        BadIndex = 0x0a "BAD_INDEX",
        /// The device is out of resources.
        NoResources = 0x0f "NO_RESOURCES",
        /// The queue pair is not in the state the command needs.
        BadQueuePairState = 0x10 "BAD_QUEUE_PAIR_STATE",
        /// The management packet is malformed.
        BadPacket = 0x30 "BAD_PACKET",
        /// The size is out of its range.
        BadSize = 0x40 "BAD_SIZE",
        /// The input does not have the length the command needs.
        BadInputLength = 0x50 "BAD_INPUT_LENGTH",
        /// The output does not have the length the command needs.
        BadOutputLength = 0x51 "BAD_OUTPUT_LENGTH",
    }
}

raw_enum! {
    /// Delivery status in a command queue entry: why the device did not execute the command (PRM "Command
    /// Delivery Status"; `deliv_status_to_str`). Any value but `Ok` says that there is no output.
    pub enum DeliveryStatus: u8 {
        /// Executed.
        Ok = 0x00 "OK",
        /// The signature does not fit.
        SignatureError = 0x01 "SIGNATURE_ERROR",
        /// A mailbox carries another token than the entry.
        TokenError = 0x02 "TOKEN_ERROR",
        /// A mailbox has the wrong block number.
        BadBlockNumber = 0x03 "BAD_BLOCK_NUMBER",
        /// The output mailbox is not aligned.
        BadOutputPointer = 0x04 "BAD_OUTPUT_POINTER",
        /// The input mailbox is not aligned.
        BadInputPointer = 0x05 "BAD_INPUT_POINTER",
        /// The firmware failed inside.
        InternalError = 0x06 "INTERNAL_ERROR",
        /// The input length is wrong.
        BadInputLength = 0x07 "BAD_INPUT_LENGTH",
        /// The output length is wrong.
        BadOutputLength = 0x08 "BAD_OUTPUT_LENGTH",
        /// A reserved field is not zero.
        ReservedNotZero = 0x09 "RESERVED_NOT_ZERO",
        /// The kind of the entry is unknown.
        BadCommandKind = 0x10 "BAD_COMMAND_KIND",
    }
}
