//! How a message's data stand in its text, for whoever reads a log of the kernel's.

use super::MessageLevel;
use crate::books::OwnerKey;
use crate::errno::Errno;
use prm::link::BusError;
use prm::{CommandStatus, DeliveryStatus, EswitchMode, Iova, Opcode, Syndrome, VhcaId};

/// A kind of message: its name, its data, and by which words it is known.
#[derive(Clone, Copy, Debug, Hash)]
pub struct Row {
    /// As files and results name it: `late_completion`.
    pub kind: &'static str,
    /// How loud it is.
    pub level: MessageLevel,
    /// Its data by name.
    pub fields: &'static [(&'static str, Datum)],
    /// The text, with its data in braces: `{opcode:#}`, `{pages}`.
    pub text: &'static str,
    /// What our driver adds to it, which a kernel keeps to itself.
    pub own: &'static str,
    /// Other texts by which a kernel says the same. `{_}` is a word that is no data.
    pub others: &'static [&'static str],
    /// Where a kernel's `WARN` stands that says nothing, as patterns for file, line and function.
    pub places: &'static [&'static str],
    /// Why no kernel prints it, or only with its debug messages turned on; empty if one does.
    pub silent: &'static str,
}

/// How a text tells a datum, and what it is in files and results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Datum {
    /// A decimal number, or one that begins with `0x`.
    Number,
    /// `true` or `false`, or a number that is zero or not.
    Flag,
    /// An operation's number, after its name where the text has `{opcode:#}`. Files have the name, and the kernel's names
    /// are not always ours.
    Operation,
    /// A status: its number, after its name where the text has `{status:#}`.
    Status,
    /// A negative error number or its symbol: `-110`, `-ETIMEDOUT`.
    ErrorNumber,
    /// One of these: the words of the text, the word of the files.
    Words(&'static [(&'static str, &'static str)]),
    /// A VF, which the text counts from 0, and files from 1.
    VfNumber,
}

/// What can be told in a message.
pub(super) trait Told {
    /// How it stands in a text.
    const DATUM: Datum;

    /// A value that follows from a number.
    fn example(seed: u8) -> Self;
}

macro_rules! told {
    ($($type:ty: $datum:expr, $seed:ident => $example:expr;)*) => {$(
        impl Told for $type {
            const DATUM: Datum = $datum;

            fn example($seed: u8) -> Self {
                $example
            }
        }
    )*};
}

told! {
    u8: Datum::Number, seed => seed;
    u16: Datum::Number, seed => u16::from(seed) << 4;
    u32: Datum::Number, seed => u32::from(seed) << 16;
    u64: Datum::Number, seed => u64::from(seed) << 16;
    i32: Datum::Number, seed => i32::from(seed) - 128;
    i64: Datum::Number, seed => i64::from(seed) - 128;
    bool: Datum::Flag, seed => seed.is_multiple_of(2);
    Opcode: Datum::Operation, seed => Opcode::from_raw(0x100 + u16::from(seed));
    CommandStatus: Datum::Status, seed => CommandStatus::from_raw(seed);
    DeliveryStatus: Datum::Status, seed => DeliveryStatus::from_raw(seed);
    Errno: Datum::ErrorNumber, seed => Self(-i32::from(seed) - 1);
    OwnerKey: Datum::Number, seed => Self(0x1_0000 + u32::from(seed));
    VhcaId: Datum::Number, seed => Self(u16::from(seed));
    Iova: Datum::Number, seed => Self(u64::from(seed) << 12);
    Syndrome: Datum::Number, seed => Self(u32::from(seed) << 8);
    BusError: Datum::Words(&[
        ("the function does not answer", "gone"),
        ("the access was refused", "refused"),
        ("there was no answer in time", "timed_out"),
    ]), seed => if seed.is_multiple_of(2) { Self::Gone } else { Self::Refused };
    EswitchMode: Datum::Words(&[("LEGACY", "legacy"), ("OFFLOADS", "switchdev")]), seed => if seed.is_multiple_of(2) {
        Self::Legacy
    } else {
        Self::Switchdev
    };
}
