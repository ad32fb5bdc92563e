//! What the server has done so far.

use prm::Function;
use schemars::JsonSchema;
use serde::Serialize;

/// What was done for all functions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ServerCounters {
    /// By function that is there: the one under test first, then its VFs.
    pub functions: Vec<FunctionCounters>,
    /// Time spent in work that no message asked for, in ns: commands whose latency was over, orders.
    pub device_ns: u64,
    /// Waits for something to happen, each followed by serving all of it.
    pub turns: u64,
    /// Calls of the system in turns: waits, changes of what is waited for, messages and replies. Those for new clients, their
    /// memory and their interrupts are not among them.
    pub system_calls: u64,
    /// Readings of the clock in turns.
    pub clock_readings: u64,
    /// How often a function's socket was looked at in turns: serving it once is three times.
    pub ports_looked_at: u64,
}

/// What was done for one function, over all its clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FunctionCounters {
    /// The function.
    pub function: Function,
    /// Whether it has a client now.
    pub connected: bool,
    /// Messages received, replies to DMA messages not counted.
    pub messages: u64,
    /// Messages among them that wanted no reply.
    pub posted: u64,
    /// Messages among them that were refused.
    pub refused: u64,
    /// Interrupts that reached the client.
    pub interrupts: u64,
    /// Interrupts that did not: no eventfd, no client, or bus mastering was off.
    pub interrupts_lost: u64,
    /// Bytes read from client memory.
    pub dma_read: u64,
    /// Bytes written to client memory.
    pub dma_written: u64,
    /// DMA accesses that failed because bus mastering was off, or there was no client.
    pub dma_blocked: u64,
    /// Time spent on those of its messages that made the device use memory or interrupts of a client, in ns. An access to a
    /// register that does neither is not timed: looking at the clock for it would take its share.
    pub serving_ns: u64,
}
