//! Error numbers as the kernel returns them.

use prm::{CommandStatus, DeliveryStatus};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An error number, negative as kernel functions return it: `Errno::EIO.0` is -5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Errno(pub i32);

macro_rules! errnos {
    ($($name:ident $number:literal;)*) => {
        impl Errno {
            $(
                #[doc = concat!("`-", stringify!($name), "`")]
                pub const $name: Self = Self(-$number);
            )*

            /// The error's symbol without a sign, as `EIO`.
            #[must_use]
            pub const fn symbol(self) -> Option<&'static str> {
                match -self.0 {
                    $($number => Some(stringify!($name)),)*
                    _ => None,
                }
            }

            /// The error of a symbol without a sign.
            #[must_use]
            pub fn from_symbol(symbol: &str) -> Option<Self> {
                match symbol {
                    $(stringify!($name) => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

errnos! {
    EPERM 1;
    ENOENT 2;
    EIO 5;
    ENXIO 6;
    EAGAIN 11;
    ENOMEM 12;
    EFAULT 14;
    EBUSY 16;
    EEXIST 17;
    ENODEV 19;
    EINVAL 22;
    ENOSPC 28;
    ERANGE 34;
    ENOMSG 42;
    EBADR 53;
    ENOLINK 67;
    EREMOTEIO 121;
    EOPNOTSUPP 95;
    ETIMEDOUT 110;
    ECANCELED 125;
}

impl Errno {
    /// The error of a command that firmware executed and refused; `None` for success (`cmd_status_to_err`).
    #[must_use]
    pub const fn from_status(status: CommandStatus) -> Option<Self> {
        Some(match status {
            CommandStatus::Ok => return None,
            CommandStatus::InternalError
            | CommandStatus::BadSystemState
            | CommandStatus::BadInputLength
            | CommandStatus::BadOutputLength => Self::EIO,
            CommandStatus::BadOperation
            | CommandStatus::BadParameter
            | CommandStatus::BadResource
            | CommandStatus::BadResourceState
            | CommandStatus::BadIndex
            | CommandStatus::BadQueuePairState
            | CommandStatus::BadPacket
            | CommandStatus::BadSize => Self::EINVAL,
            CommandStatus::ResourceBusy => Self::EBUSY,
            CommandStatus::LimitExceeded => Self::ENOMEM,
            CommandStatus::NoResources | CommandStatus::Unknown(7) => Self::EAGAIN,
            CommandStatus::Unknown(_) => Self::EIO,
        })
    }

    /// The error of a command that the device did not execute; `None` if it did (`deliv_status_to_err`).
    #[must_use]
    pub const fn from_delivery(delivery: DeliveryStatus) -> Option<Self> {
        Some(match delivery {
            DeliveryStatus::Ok => return None,
            DeliveryStatus::SignatureError | DeliveryStatus::TokenError => Self::EBADR,
            DeliveryStatus::BadBlockNumber
            | DeliveryStatus::BadOutputPointer
            | DeliveryStatus::BadInputPointer => Self::EFAULT,
            DeliveryStatus::InternalError => Self::EIO,
            DeliveryStatus::BadInputLength
            | DeliveryStatus::BadOutputLength
            | DeliveryStatus::ReservedNotZero
            | DeliveryStatus::BadCommandKind => Self::ENOMSG,
            DeliveryStatus::Unknown(_) => Self::EINVAL,
        })
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.symbol() {
            Some(symbol) => write!(f, "-{symbol}"),
            None => write!(f, "{}", self.0),
        }
    }
}

impl std::error::Error for Errno {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_negative_and_prints_its_symbol() {
        assert_eq!(Errno::ETIMEDOUT.0, -110);
        assert_eq!(Errno::EIO.to_string(), "-EIO");
        assert_eq!(Errno(-999).to_string(), "-999");
    }

    #[test]
    fn every_status_but_ok_is_an_error() {
        for &status in CommandStatus::ALL {
            assert_eq!(
                Errno::from_status(status).is_none(),
                status == CommandStatus::Ok,
                "{status}"
            );
        }
        for &delivery in DeliveryStatus::ALL {
            assert_eq!(
                Errno::from_delivery(delivery).is_none(),
                delivery == DeliveryStatus::Ok,
                "{delivery}"
            );
        }
        assert_eq!(
            Errno::from_status(CommandStatus::from_raw(5)),
            Some(Errno::EINVAL)
        );
        assert_eq!(
            Errno::from_status(CommandStatus::from_raw(7)),
            Some(Errno::EAGAIN)
        );
    }
}
