//! What all commands share: the heads of input and output, and the trait that ties a command to its layouts.

use crate::layout;
use crate::layout::Layout;
use crate::opcode::Opcode;
use crate::status::CommandStatus;

layout! {
    /// Head of every command's input (PRM "Command Input"; `mlx5_cmd_do`).
    pub struct InputHeader: 8 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
    }
}

layout! {
    /// Head of every command's output (PRM "Command Output"; `mlx5_cmd_check`).
    pub struct OutputHeader: 8 {
        /// [`CommandStatus`] of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
    }
}

layout! {
    /// Output of a command that only tells how it ended.
    pub struct StatusOutput: 16 {
        /// [`CommandStatus`] of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 64,
    }
}

layout! {
    /// The same for ENABLE_HCA, DISABLE_HCA and DESTROY_ESW_VPORT, whose output is a word shorter (`mlx5_core_enable_hca`).
    pub struct ShortStatusOutput: 12 {
        /// [`CommandStatus`] of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 32,
    }
}

layout! {
    /// Output of a command that creates an object and tells nothing but its number.
    pub struct ObjectOutput: 16 {
        /// [`CommandStatus`] of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 8,
        /// Number of the new object.
        object_id: 24,
        _: 32,
    }
}

impl OutputHeader {
    /// A head that tells of a failure, or of success with syndrome 0.
    #[must_use]
    pub fn of(status: CommandStatus, syndrome: crate::Syndrome) -> Self {
        Self::new().with_status(status.raw()).with_syndrome(syndrome.0)
    }

    /// How the command ended.
    #[must_use]
    pub fn command_status(&self) -> CommandStatus {
        CommandStatus::from_raw(self.status())
    }
}

impl InputHeader {
    /// The command's operation.
    #[must_use]
    pub fn operation(&self) -> Opcode {
        Opcode::from_raw(self.opcode())
    }
}

/// A command: its operation and the layouts of its input and output.
///
/// A layout is the head alone where a list or an area follows it; then the lengths below, where the command
/// fixes them, count what follows too.
pub trait Command {
    /// The operation.
    const OPCODE: Opcode;
    /// Layout of the input, or of its head.
    type In: Layout;
    /// Layout of the output, or of its head.
    type Out: Layout;
    /// Length of the whole input in bytes; of the head alone if a list of any length follows.
    const INPUT_LENGTH: usize = Self::In::SIZE;
    /// Length of the whole output in bytes; of the head alone if a list of any length follows.
    const OUTPUT_LENGTH: usize = Self::Out::SIZE;

    /// An input that is zero but for the operation.
    #[must_use]
    fn input() -> Self::In {
        let mut input = Self::In::default();
        crate::bits::set(input.as_bytes_mut(), 0, 16, u64::from(Self::OPCODE.raw()));
        input
    }
}

/// Declares commands: `Name: Opcode, Input => Output;`, with `[input length, output length]` where more
/// follows the heads.
macro_rules! commands {
    ($($(#[$meta:meta])* $name:ident: $opcode:expr, $input:ty => $output:ty $([$in_len:literal, $out_len:literal])?;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Command for $name {
            const OPCODE: Opcode = $opcode;
            type In = $input;
            type Out = $output;
            $(
                const INPUT_LENGTH: usize = $in_len;
                const OUTPUT_LENGTH: usize = $out_len;
            )?
        }
    )*};
}

pub(crate) use commands;
