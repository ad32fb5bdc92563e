//! Orders for the guest whose driver uses the device. Nothing here knows a guest: the orders are handed out to whoever has one,
//! who brings the answers back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many orders of one client may be under way in the guest.
pub(super) const CALLS: usize = 16;

/// How many orders of all clients may be, those of clients among them that are gone. So many, of the longest kind, fit into a
/// socket: handing them on never waits for a guest that does not read.
pub(super) const ALL_CALLS: usize = 32;

/// The longest name of a module, in bytes: the kernel's own limit is 55.
const LONGEST_NAME: usize = 64;

/// The longest parameters of a module, in bytes.
const LONGEST_PARAMETERS: usize = 1024;

/// What the guest can be asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GuestOrder {
    /// The driver's page counters, of every function that has them.
    Counters {},
    /// Inserts a module of the image.
    Insmod {
        /// Without `.ko`; at most 64 bytes.
        name: String,
        /// As on the line of `insmod`; at most 1024 bytes.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        parameters: String,
    },
    /// Removes a module. Answered when the kernel has removed it.
    Rmmod {
        /// Without `.ko`; at most 64 bytes.
        name: String,
    },
    /// What the kernel has printed since anybody asked this last: the oldest lines of it.
    Dmesg {},
}

/// What the guest has answered: the field that was asked for, or none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct GuestAnswer {
    /// The driver's page counters as debugfs shows them, by PCI address and by name. An SF is named by its auxiliary device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counters: Option<BTreeMap<String, BTreeMap<String, u32>>>,
    /// Lines of the kernel's log, in the order printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dmesg: Option<Vec<KernelLine>>,
}

/// A line of the kernel's log.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct KernelLine {
    /// Since the guest's boot.
    pub seconds: f64,
    /// 0 emergency to 7 debug.
    pub level: u8,
    /// Without time and level.
    pub text: String,
}

/// Why an order was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GuestFailure {
    /// In words; the kernel's, where it was the kernel.
    pub message: String,
    /// As in the kernel's `errno.h`, where it was the kernel.
    pub errno: Option<i32>,
}

/// Whose order it is. It is given back with the answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The client's number.
    pub(super) client: u64,
    /// The request.
    pub(super) id: u64,
    /// Its line.
    pub(super) line: u64,
}

/// An order that is handed out.
#[derive(Debug, PartialEq, Eq)]
pub struct GuestCall {
    /// Whose it is.
    pub ticket: Ticket,
    /// What to do.
    pub order: GuestOrder,
}

/// Where orders lie until they are taken.
#[derive(Debug, Default)]
pub(super) struct GuestDesk {
    /// Whether somebody takes them.
    is_open: bool,
    calls: Vec<GuestCall>,
    /// How many are not answered, those that lie here among them.
    open: usize,
}

impl GuestDesk {
    /// Somebody takes orders from now on.
    pub(super) fn open(&mut self) {
        self.is_open = true;
    }

    /// Enters an order of a client that has so many under way.
    ///
    /// # Errors
    /// In words, if nobody takes it, or there are too many, or it is too long.
    pub(super) fn enter(
        &mut self,
        ticket: Ticket,
        order: GuestOrder,
        of_client: usize,
    ) -> Result<(), String> {
        if !self.is_open {
            return Err("there is no guest here; `vm --control` has one".to_owned());
        }
        check(&order)?;
        if of_client >= CALLS {
            return Err(format!("this client has {CALLS} orders under way in the guest"));
        }
        if self.open >= ALL_CALLS {
            return Err(format!("there are {ALL_CALLS} orders under way in the guest"));
        }
        self.open += 1;
        self.calls.push(GuestCall { ticket, order });
        Ok(())
    }

    /// The orders that have come.
    pub(super) fn take(&mut self) -> Vec<GuestCall> {
        std::mem::take(&mut self.calls)
    }

    /// One was answered.
    pub(super) fn close_one(&mut self) {
        self.open = self.open.saturating_sub(1);
    }
}

fn check(order: &GuestOrder) -> Result<(), String> {
    let (name, parameters) = match order {
        GuestOrder::Insmod { name, parameters } => (name.as_str(), parameters.as_str()),
        GuestOrder::Rmmod { name } => (name.as_str(), ""),
        GuestOrder::Counters {} | GuestOrder::Dmesg {} => return Ok(()),
    };
    if name.len() > LONGEST_NAME {
        return Err(format!("the name of a module has at most {LONGEST_NAME} bytes"));
    }
    if parameters.len() > LONGEST_PARAMETERS {
        return Err(format!(
            "the parameters of a module have at most {LONGEST_PARAMETERS} bytes"
        ));
    }
    if parameters.contains(char::is_control) {
        return Err("the parameters of a module are one line of text".to_owned());
    }
    Ok(())
}
