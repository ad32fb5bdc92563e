//! Vport and function changes that wait for the worker.

/// What the worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EswitchWork {
    /// A vport's context changed.
    VportChange(u16),
    /// The functions behind the eswitch changed.
    FunctionsChanged {
        /// The eswitch's generation when the event came.
        generation: u64,
    },
}
