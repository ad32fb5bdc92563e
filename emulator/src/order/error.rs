//! Orders that make no sense.

use super::limits::{LONGEST_NAME, MAX_ORDERS, MAX_PENDING, MAX_RULES};
use prm::Function;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An order that makes no sense for this device now.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderError {
    /// A page request names its function and its identity, or neither.
    #[error("a page request has exactly one of `function` and `identity`")]
    OneOfFunctionAndIdentity,
    /// The silicon has no such function, or it is nothing that can be asked for here.
    #[error("this device has no function {0}")]
    UnknownFunction(Function),
    /// The page mode in force has no name for the function.
    #[error("the page mode in force has no identity for {0}")]
    NoIdentity(Function),
    /// Nobody would see the event.
    #[error("no event queue takes this event")]
    NoEventQueue,
    /// The command is not known by name.
    #[error("there is no command `{0}`")]
    UnknownCommand(String),
    /// More VFs than the external host has.
    #[error("`host_vfs` is more than the external host has")]
    TooManyHostVfs,
    /// It is none of the functions that can come and go by this order.
    #[error("{0} does not come and go by this order")]
    NotOfThisKind(Function),
    /// The device has no reset of firmware that hosts agree on.
    #[error("this device has no `sync_reset`")]
    NoSyncReset,
    /// There is a hold of this name.
    #[error("there is a hold `{0}` already")]
    HoldExists(String),
    /// There is no hold of this name.
    #[error("there is no hold `{0}`")]
    UnknownHold(String),
    /// As many rules or holds of this kind are in force as may be.
    #[error("there are {MAX_RULES} of this kind in force already")]
    TooManyRules,
    /// As many page requests are open as may be.
    #[error("{MAX_PENDING} page requests are open already")]
    TooManyRequests,
    /// As much work is put off as may be.
    #[error("{MAX_PENDING} reactions and returns of pages are pending already")]
    TooMuchPending,
    /// A reaction with too many orders.
    #[error("a reaction has at most {MAX_ORDERS} orders")]
    TooManyOrders,
    /// The name of a hold is too long.
    #[error("the name of a hold has at most {LONGEST_NAME} bytes")]
    NameTooLong,
}

impl OrderError {
    /// The error without the names in it, for records.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::OneOfFunctionAndIdentity => {
                "a page request names its function and its identity, or neither"
            }
            Self::UnknownFunction(_) => "an order names a function that the device does not have",
            Self::NoIdentity(_) => "the page mode in force has no identity for the function of an order",
            Self::NoEventQueue => "no event queue takes the event of an order",
            Self::UnknownCommand(_) => "an order names a command that does not exist",
            Self::TooManyHostVfs => "an order enables more VFs than the external host has",
            Self::NotOfThisKind(_) => "an order lists a function that does not come and go by it",
            Self::NoSyncReset => "an order asks for a reset that the device does not have",
            Self::HoldExists(_) => "an order installs a hold that exists",
            Self::UnknownHold(_) => "an order names a hold that does not exist",
            Self::TooManyRules => "an order installs one rule too many",
            Self::TooManyRequests => "too many page requests are open",
            Self::TooMuchPending => "too many reactions and returns of pages are pending",
            Self::TooManyOrders => "an order installs a reaction with too many orders",
            Self::NameTooLong => "an order installs a hold with a name that is too long",
        }
    }
}
