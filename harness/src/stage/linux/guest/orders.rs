//! What a guest is told to do, and what it is asked.

use super::{Guest, GuestError, TURN, is_warning};
use guest_protocol::{Answer, LogLine, Order, Refusal, Reply};
use prm::Cycles;

/// How long a look at the guest may take.
pub(super) const LOOK_LIMIT: Cycles = Cycles::from_millis(30_000);

impl Guest {
    /// Forgets what the kernel has printed; tells whether that was no complaint.
    ///
    /// # Errors
    /// See [`GuestError`].
    pub fn is_quiet(&mut self) -> Result<bool, GuestError> {
        let warned = self.kernel_log()?.iter().any(is_warning);
        Ok(!warned && self.take_complaints().is_empty())
    }

    /// Sends an order without waiting for what comes of it.
    ///
    /// # Errors
    /// As [`Self::turn`].
    pub fn start(&mut self, order: Order) -> Result<u32, GuestError> {
        tracing::debug!(actor = "host", ?order);
        let sent = self.agent.send(order);
        sent.map_err(|error| self.lost("cannot give the guest an order", error))
    }

    /// What came of an order, once it has ended.
    #[must_use]
    pub fn reply(&self, id: u32) -> Option<&Reply> {
        self.replies.get(&id)
    }

    /// Gives an order and waits for what comes of it.
    ///
    /// # Errors
    /// See [`GuestError`]; that the guest refuses is no error here.
    pub fn call(&mut self, order: Order, limit: Cycles) -> Result<Result<Answer, Refusal>, GuestError> {
        let what = format!("{order:?}");
        let id = self.start(order)?;
        let end = self.now().saturating_add(limit);
        loop {
            if let Some(reply) = self.replies.remove(&id) {
                return Ok(reply.outcome.into());
            }
            if self.now() >= end {
                return Err(GuestError::Silent { what, limit });
            }
            self.turn(TURN)?;
        }
    }

    /// As [`Self::call`], for what every guest can do.
    ///
    /// # Errors
    /// See [`GuestError`].
    pub fn must(&mut self, order: Order, limit: Cycles) -> Result<Answer, GuestError> {
        let what = format!("{order:?}");
        self.call(order, limit)?
            .map_err(|refusal| GuestError::Refused { what, refusal })
    }

    /// As [`Self::must`], for what takes no time.
    ///
    /// # Errors
    /// See [`GuestError`].
    pub fn look(&mut self, order: Order) -> Result<Answer, GuestError> {
        self.must(order, LOOK_LIMIT)
    }

    /// Writes a file that is there in every guest.
    ///
    /// # Errors
    /// See [`GuestError`].
    pub fn write(&mut self, path: &str, text: &str) -> Result<(), GuestError> {
        let order = Order::WriteFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        self.look(order).map(drop)
    }

    /// What the kernel has printed since the last call.
    ///
    /// # Errors
    /// See [`GuestError`].
    pub fn kernel_log(&mut self) -> Result<Vec<LogLine>, GuestError> {
        match self.look(Order::KernelLog)? {
            Answer::Lines(lines) => Ok(lines),
            _ => Ok(Vec::new()),
        }
    }
}
