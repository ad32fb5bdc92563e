//! Event queues: the context that describes one, and the commands that create and destroy it.

use crate::command::{Command, StatusOutput, commands};
use crate::layout;
use crate::layout_macro::nested;
use crate::opcode::Opcode;

layout! {
    /// What the device knows of an event queue (PRM "EQC"; `create_map_eq`).
    pub struct EqContext: 64 {
        /// State of the queue as the device reports it; 0 is good.
        status: 4,
        _: 9,
        /// Collapsed queue: the device overwrites entry 0.
        ec: 1,
        /// The device ignores an overrun of the queue.
        oi: 1,
        _: 5,
        /// State of the event delivery: 9 armed, 10 fired.
        st: 4,
        _: 60,
        /// Offset of the first entry in the first page, in 64-byte units.
        page_offset: 6,
        _: 9,
        /// Base-2 logarithm of the number of entries.
        log_eq_size: 5,
        /// Index of the UAR whose doorbell arms the queue.
        uar_page: 24,
        _: 52,
        /// Interrupt vector the queue raises.
        intr: 12,
        _: 3,
        /// Base-2 logarithm of the buffer's page size, in units of 4096 bytes.
        log_page_size: 5,
        _: 128,
        /// Consumer index the device knows of.
        consumer_counter: 24,
        _: 8,
        /// Index of the next entry the device writes.
        producer_counter: 24,
        _: 128,
    }
}

layout! {
    /// Input of CREATE_EQ without the list of buffer pages, 64-bit bus addresses that begin at byte 272 (PRM
    /// "CREATE_EQ"; `create_map_eq`). The [`EqContext`] lies at byte 0x10.
    pub struct CreateEqIn: 272 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        _: 640,
        /// Event types 0 to 63 that this queue takes: bit n is event type n.
        event_bitmask_0: 64,
        /// Event types 64 to 127.
        event_bitmask_1: 64,
        /// Event types 128 to 191.
        event_bitmask_2: 64,
        /// Event types 192 to 255.
        event_bitmask_3: 64,
        _: 1216,
    }
}

nested!(CreateEqIn { context, set_context: EqContext at 0x10 });

layout! {
    /// Output of CREATE_EQ.
    pub struct CreateEqOut: 16 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 24,
        /// Number of the new queue: [`EqNumber`](crate::EqNumber).
        eq_number: 8,
        _: 32,
    }
}

layout! {
    /// Input of DESTROY_EQ (PRM "DESTROY_EQ"; `mlx5_cmd_destroy_eq`).
    pub struct DestroyEqIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        _: 24,
        /// Queue to destroy.
        eq_number: 8,
        _: 32,
    }
}

commands! {
    /// Creates an event queue; the input goes on with the list of buffer pages.
    CreateEq: Opcode::CreateEq, CreateEqIn => CreateEqOut;
    /// Destroys an event queue.
    DestroyEq: Opcode::DestroyEq, DestroyEqIn => StatusOutput;
}
