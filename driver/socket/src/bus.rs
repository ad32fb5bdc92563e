//! The sockets of a device as one bus.

use crate::client::{ClientError, FunctionClient};
use crate::vectors::Vectors;
use crate::window::Window;
use driver_host::remote::{RemoteBus, Seat};
use prm::link::{BusError, MappingFailed};
use prm::{Function, Iova};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// How long an answer of the server may take. What it does for one message takes milliseconds; it may wait for a core.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long an interrupt may be on its way that the device has raised. The server signals before it answers, so only a
/// vector that is not armed is ever waited for.
const EDGE_PATIENCE: Duration = Duration::from_millis(500);

/// Behind which socket which registers are.
pub type Seats = BTreeMap<Function, Seat>;

/// The functions of a device behind the sockets `f0.sock`, `f1.sock` and so on of a folder, by their places.
pub struct SocketBus {
    folder: PathBuf,
    seats: Seats,
    clients: BTreeMap<u16, Link>,
    window: Window,
    /// What the device reaches: address, offset in the window, bytes.
    maps: BTreeMap<u64, (u64, u64)>,
    vectors: Vectors,
    clock: Clock,
    trouble: Option<String>,
}

/// Whether the device does anything between two questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// No: its clock stands until it is moved.
    Still,
    /// Yes: its clock is the wall's.
    Wall,
}

/// The connection to a function.
enum Link {
    Up(FunctionClient),
    /// It has failed once.
    Down,
}

impl SocketBus {
    /// A bus to the sockets in `folder` of a device with such a clock; nothing is connected yet.
    ///
    /// # Errors
    /// Where the system has no memory to share.
    pub fn new(folder: PathBuf, seats: Seats, clock: Clock) -> io::Result<Self> {
        Ok(Self {
            folder,
            seats,
            clients: BTreeMap::new(),
            window: Window::new()?,
            maps: BTreeMap::new(),
            vectors: Vectors::default(),
            clock,
            trouble: None,
        })
    }

    /// The vectors of all functions that are open, also of those that will be.
    #[must_use]
    pub fn vectors(&self) -> Vectors {
        self.vectors.clone()
    }

    /// Has no vector of a function reported any more, as a host does that masks MSI-X.
    ///
    /// # Errors
    /// [`BusError`] as of an access.
    pub fn mask(&mut self, endpoint: Function) -> Result<(), BusError> {
        self.at(endpoint, |client, _| client.disarm())
    }

    /// Ends the connection to a function, as a socket that breaks.
    ///
    /// # Errors
    /// [`BusError`] as of an access.
    pub fn hang_up(&mut self, endpoint: Function) -> Result<(), BusError> {
        self.at(endpoint, |client, _| {
            client.hang_up();
            Ok(())
        })
    }

    /// Takes every mapping from the device behind the driver's back, as an IOMMU does that is set up anew.
    pub fn forget_maps(&mut self) {
        for (address, (_, bytes)) in std::mem::take(&mut self.maps) {
            self.everywhere(|client| client.unmap(address, bytes));
        }
    }

    fn seat(&self, endpoint: Function) -> Result<Seat, BusError> {
        self.seats.get(&endpoint).copied().ok_or(BusError::Gone)
    }

    /// Does something with the client of a function. One that fails is done with.
    fn at<R>(
        &mut self,
        endpoint: Function,
        act: impl FnOnce(&mut FunctionClient, Seat) -> Result<R, ClientError>,
    ) -> Result<R, BusError> {
        let seat = self.seat(endpoint)?;
        let Some(Link::Up(client)) = self.clients.get_mut(&seat.place) else {
            return Err(BusError::Gone);
        };
        match act(client, seat) {
            Ok(done) => Ok(done),
            Err(error) if error.is_harmless() => Err(error.as_bus_error()),
            Err(error) => Err(self.lose(seat.place, &error)),
        }
    }

    fn lose(&mut self, place: u16, error: &ClientError) -> BusError {
        let words = format!("{}: {error}", self.socket(place).display());
        tracing::debug!(actor = "host", "{words}");
        self.trouble.get_or_insert(words);
        self.clients.insert(place, Link::Down);
        error.as_bus_error()
    }

    /// Takes what has come of a vector; whether something has.
    fn take(&self, place: Option<u16>, vector: u16, told: u64) -> bool {
        let Some(Link::Up(client)) = place.and_then(|place| self.clients.get(&place)) else {
            return false;
        };
        let came = client.vectors().take(vector, told, EDGE_PATIENCE);
        if self.clock == Clock::Still {
            client.vectors().forget_early();
        }
        came
    }

    fn socket(&self, place: u16) -> PathBuf {
        self.folder.join(format!("f{place}.sock"))
    }

    fn connect(&self, place: u16) -> Result<FunctionClient, ClientError> {
        let mut client = FunctionClient::connect(&self.socket(place), PATIENCE)?;
        for (&address, &(at, bytes)) in &self.maps {
            client.map(address, at, bytes, self.window.descriptor())?;
        }
        Ok(client)
    }

    /// Does something at every function that is connected.
    fn everywhere(&mut self, mut act: impl FnMut(&mut FunctionClient) -> Result<(), ClientError>) {
        let mut failed = Vec::new();
        for (&place, link) in &mut self.clients {
            if let Link::Up(client) = link
                && let Err(error) = act(client)
            {
                failed.push((place, error));
            }
        }
        for (place, error) in failed {
            self.lose(place, &error);
        }
    }
}

impl RemoteBus for SocketBus {
    fn open(&mut self, endpoint: Function) -> Result<(), BusError> {
        let place = self.seat(endpoint)?.place;
        if self.clients.contains_key(&place) {
            return Ok(());
        }
        match self.connect(place) {
            Ok(client) => {
                self.vectors.add(client.vectors().clone());
                self.clients.insert(place, Link::Up(client));
                Ok(())
            }
            Err(error) => Err(self.lose(place, &error)),
        }
    }

    fn read(&mut self, endpoint: Function, offset: u32, into: &mut [u8]) -> Result<(), BusError> {
        self.at(endpoint, |client, seat| {
            client.read(seat.bar, seat.offset + u64::from(offset), into)
        })
    }

    fn write(&mut self, endpoint: Function, offset: u32, from: &[u8]) -> Result<(), BusError> {
        self.at(endpoint, |client, seat| {
            client.write(seat.bar, seat.offset + u64::from(offset), from)
        })
    }

    fn reset(&mut self, endpoint: Function) -> Result<(), BusError> {
        self.at(endpoint, |client, _| client.reset())
    }

    fn take_edges(&mut self, raised: &[(Function, u16)]) -> Vec<bool> {
        // An SF's vectors are those of its PF.
        let place = |endpoint| self.seats.get(&endpoint).map(|seat| seat.place);
        let mut told: BTreeMap<(Option<u16>, u16), u64> = BTreeMap::new();
        for &(endpoint, vector) in raised {
            *told.entry((place(endpoint), vector)).or_default() += 1;
        }
        let arrived: BTreeMap<(Option<u16>, u16), bool> = told
            .into_iter()
            .map(|((place, vector), told)| ((place, vector), self.take(place, vector, told)))
            .collect();
        let arrived = |&(endpoint, vector): &(Function, u16)| arrived.get(&(place(endpoint), vector));
        raised
            .iter()
            .map(|vector| arrived(vector).copied().unwrap_or(false))
            .collect()
    }

    /// Each message is answered when it has been carried out.
    fn flush(&mut self) -> Result<(), BusError> {
        Ok(())
    }

    fn read_window(&self, at: u64, into: &mut [u8]) -> Result<(), BusError> {
        self.window.read(at, into).map_err(|error| refused(&error))
    }

    fn write_window(&self, at: u64, from: &[u8]) -> Result<(), BusError> {
        self.window.write(at, from).map_err(|error| refused(&error))
    }

    fn clear_window(&self, at: u64, bytes: u64) -> Result<(), BusError> {
        self.window.clear(at, bytes).map_err(|error| refused(&error))
    }

    fn window_bytes(&self) -> u64 {
        Window::largest()
    }

    fn map(&mut self, iova: Iova, at: u64, bytes: u64) -> Result<(), MappingFailed> {
        self.window.reserve(at + bytes).map_err(|_| MappingFailed)?;
        let file = self.window.descriptor();
        self.everywhere(|client| client.map(iova.0, at, bytes, file));
        self.maps.insert(iova.0, (at, bytes));
        Ok(())
    }

    fn unmap(&mut self, iova: Iova, bytes: u64) -> Result<(), BusError> {
        if self.maps.remove(&iova.0).is_some() {
            self.everywhere(|client| client.unmap(iova.0, bytes));
        }
        Ok(())
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.clone()
    }
}

fn refused(error: &io::Error) -> BusError {
    tracing::warn!(actor = "host", %error, "memory cannot be reached");
    BusError::Refused
}
