//! A client of the server's control socket: one order, one answer.

use driver_host::remote::TimePort;
use prm::link::{BusError, TimeAnswer, TimeOrder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

/// How long an answer may take on the wall clock.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why an order has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The server cannot be reached, or not any more.
    #[error("the control socket: {0}")]
    Socket(#[from] io::Error),
    /// The server has closed the connection.
    #[error("the control socket: the server has closed it")]
    Closed,
    /// What came is no answer.
    #[error("the control socket: `{line}` is no answer to `{order}`: {error}")]
    Unreadable {
        /// What was asked.
        order: &'static str,
        /// The beginning of what came.
        line: String,
        /// What is wrong with it.
        error: serde_json::Error,
    },
    /// The server does not do it, and says why.
    #[error("{0}")]
    Refused(String),
}

/// What came for an order.
#[derive(serde::Deserialize)]
struct Answer {
    id: Option<u64>,
    #[serde(flatten)]
    outcome: Map<String, Value>,
}

/// See the module's head.
#[derive(Debug)]
pub struct ControlClient {
    stream: BufReader<UnixStream>,
    line: Vec<u8>,
    orders: u64,
}

impl ControlClient {
    /// Connects.
    ///
    /// # Errors
    /// What the system says.
    pub fn connect(path: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream: BufReader::new(stream),
            line: Vec::new(),
            orders: 0,
        })
    }

    /// Gives an order, and waits for its answer.
    ///
    /// # Errors
    /// See [`ControlError`].
    pub fn ask<T: DeserializeOwned>(
        &mut self,
        order: &'static str,
        what: &impl Serialize,
    ) -> Result<T, ControlError> {
        self.orders += 1;
        let unreadable = |line: &[u8], error| ControlError::Unreadable {
            order,
            line: String::from_utf8_lossy(line).chars().take(200).collect(),
            error,
        };
        self.line.clear();
        // Written by hand, so that nothing is built for it.
        write!(self.line, r#"{{"id":{},"{order}":"#, self.orders)?;
        serde_json::to_writer(&mut self.line, what).map_err(|error| unreadable(&[], error))?;
        self.line.extend_from_slice(b"}\n");
        self.stream.get_mut().write_all(&self.line)?;
        loop {
            self.line.clear();
            if self.stream.read_until(b'\n', &mut self.line)? == 0 {
                return Err(ControlError::Closed);
            }
            let answer: Answer =
                serde_json::from_slice(&self.line).map_err(|error| unreadable(&self.line, error))?;
            // One to an order that was given up earlier is nobody's.
            if answer.id != Some(self.orders) {
                continue;
            }
            let mut outcome = answer.outcome;
            if let Some(error) = outcome.remove("error") {
                let message = error["message"].as_str().unwrap_or("it says nothing").to_owned();
                return Err(ControlError::Refused(message));
            }
            let value = outcome.remove(order).unwrap_or_default();
            return serde_json::from_value(value).map_err(|error| unreadable(&self.line, error));
        }
    }
}

/// A client that clock and firmware share.
#[derive(Clone, Debug)]
pub struct SharedControl(Rc<RefCell<ControlClient>>);

/// The device's clock at the control socket.
#[derive(Debug)]
pub struct ControlPort {
    control: SharedControl,
    trouble: Option<String>,
}

impl SharedControl {
    /// Shares a client.
    #[must_use]
    pub fn new(client: ControlClient) -> Self {
        Self(Rc::new(RefCell::new(client)))
    }

    /// See [`ControlClient::ask`].
    ///
    /// # Errors
    /// See there.
    pub fn ask<T: DeserializeOwned>(
        &self,
        order: &'static str,
        what: &impl Serialize,
    ) -> Result<T, ControlError> {
        self.0.borrow_mut().ask(order, what)
    }

    /// The device's clock.
    #[must_use]
    pub fn port(&self) -> ControlPort {
        ControlPort {
            control: self.clone(),
            trouble: None,
        }
    }

    /// The client, if nobody else shares it any more.
    #[must_use]
    pub fn into_client(self) -> Option<ControlClient> {
        Rc::into_inner(self.0).map(RefCell::into_inner)
    }
}

impl TimePort for ControlPort {
    fn ask(&mut self, order: &TimeOrder) -> Result<TimeAnswer, BusError> {
        self.control.ask("time", order).map_err(|error| {
            let late =
                matches!(&error, ControlError::Socket(error) if error.kind() == io::ErrorKind::WouldBlock);
            self.trouble.get_or_insert(error.to_string());
            if late { BusError::TimedOut } else { BusError::Gone }
        })
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.clone()
    }
}
