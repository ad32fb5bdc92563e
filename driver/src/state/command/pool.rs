//! Mailboxes, tokens and tickets: what every command takes from.

use super::error::Ticket;
use super::mailbox::Mailboxes;
use std::hash::{Hash, Hasher};

/// What every command takes from, whatever its lane.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    pub(super) mailboxes: Mailboxes,
    pub(super) token: u8,
    pub(super) next_ticket: u64,
}

impl Hash for Pool {
    /// Which token and which ticket is next is no matter: they are names.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            mailboxes,
            token: _,
            next_ticket: _,
        } = self;
        mailboxes.hash(state);
    }
}

impl Pool {
    pub(super) fn new_ticket(&mut self) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        ticket
    }
}
