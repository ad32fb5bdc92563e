//! The sockets of all PCI functions, and which of them something was done with.

use crate::poller::Interest;
use std::cmp::Ordering;
use transport::{Connection, Host, Progress, Server, Traffic};

/// The socket of one function, its client, and what was done for it.
#[derive(Debug)]
pub(crate) struct Port {
    /// Socket and client.
    pub(crate) server: Server,
    /// What the client is watched for; without a client it means nothing.
    pub(crate) interest: Interest,
    /// Of the connections that are over.
    past: Traffic,
    /// Nanoseconds spent on messages.
    pub(crate) serving_ns: u64,
}

impl Port {
    /// A port without a client.
    pub(crate) fn new(server: Server) -> Self {
        Self {
            server,
            interest: Interest::Receive,
            past: Traffic::default(),
            serving_ns: 0,
        }
    }

    /// Whether the client is to be served although its socket may tell nothing: a message waits here, or the connection is over.
    pub(crate) fn has_waiting(&self) -> bool {
        self.server.connection().is_some_and(Connection::has_waiting)
    }

    /// What the client is to be watched for, if that is something else than what it is watched for.
    pub(crate) fn new_interest(&self) -> Option<Interest> {
        let wanted = match self.server.connection()?.wants_to_write() {
            true => Interest::Send,
            false => Interest::Receive,
        };
        (wanted != self.interest).then_some(wanted)
    }

    /// What was done for this function, over all its clients.
    pub(crate) fn traffic(&self) -> Traffic {
        sum(self.past, self.present())
    }

    /// What was done for the client that is connected.
    pub(crate) fn present(&self) -> Traffic {
        self.server
            .connection()
            .map(Connection::traffic)
            .unwrap_or_default()
    }

    /// Keeps what had been done for a client that has gone.
    pub(crate) fn note_past(&mut self, progress: Progress, before: Traffic) {
        if matches!(progress, Progress::Disconnected(_)) {
            self.past = sum(self.past, before);
        }
    }
}

/// The ports by the places of their functions, and those that something was done with in this round: what there is to do about
/// a port afterwards is looked for there and nowhere else, however many ports there are.
#[derive(Debug)]
pub(crate) struct Ports {
    all: Vec<Port>,
    visited: Visited,
    looks: u64,
}

/// Places, each at most once.
#[derive(Debug)]
pub(crate) struct Visited {
    places: Vec<usize>,
    is_among_them: Vec<bool>,
}

impl Visited {
    fn new(ports: usize) -> Self {
        Self {
            places: Vec::with_capacity(ports),
            is_among_them: vec![false; ports],
        }
    }

    /// Notes a place. One that does not exist is none.
    pub(crate) fn note(&mut self, place: usize) {
        if let Some(is_among_them @ false) = self.is_among_them.get_mut(place) {
            *is_among_them = true;
            self.places.push(place);
        }
    }

    /// Forgets all places but those to be kept.
    fn retain(&mut self, mut is_kept: impl FnMut(usize) -> bool) {
        let Self {
            places,
            is_among_them,
        } = self;
        places.retain(|&place| {
            let is_kept = is_kept(place);
            if let Some(is_among_them) = is_among_them.get_mut(place) {
                *is_among_them = is_kept;
            }
            is_kept
        });
    }
}

impl Ports {
    /// Ports by the places of their functions.
    pub(crate) fn new(servers: Vec<Server>) -> Self {
        let all: Vec<Port> = servers.into_iter().map(Port::new).collect();
        Self {
            visited: Visited::new(all.len()),
            all,
            looks: 0,
        }
    }

    /// All of them, for what is not done at every turn.
    pub(crate) fn all(&self) -> &[Port] {
        &self.all
    }

    /// The port of a place.
    pub(crate) fn at(&mut self, place: usize) -> Option<&mut Port> {
        self.looks += 1;
        self.all.get_mut(place)
    }

    /// A place that something was done with, by its number in the order of visits.
    pub(crate) fn visited(&self, number: usize) -> Option<usize> {
        self.visited.places.get(number).copied()
    }

    /// Begins another round: looks at all ports that something was done with, and forgets them but for those where there is
    /// something left to do. Whether there are any.
    pub(crate) fn review(&mut self, mut is_left: impl FnMut(usize, &mut Port) -> bool) -> bool {
        let Self { all, visited, looks } = self;
        visited.retain(|place| {
            *looks += 1;
            all.get_mut(place).is_some_and(|port| is_left(place, port))
        });
        !visited.places.is_empty()
    }

    /// Takes a port out of all of them, to serve it: what is done meanwhile can concern the others. It counts as visited. None
    /// if there is no such place.
    pub(crate) fn split(&mut self, place: usize) -> Option<(&mut Port, OtherPorts<'_>)> {
        self.looks += 1;
        self.visited.note(place);
        let (before, rest) = self.all.split_at_mut_checked(place)?;
        let (port, after) = rest.split_first_mut()?;
        let others = OtherPorts {
            before,
            after,
            visited: &mut self.visited,
        };
        Some((port, others))
    }

    /// The clients while none is being served.
    pub(crate) fn idle(&mut self) -> Clients<'_> {
        Clients {
            before: &mut self.all,
            served: None,
            after: &mut [],
            visited: &mut self.visited,
        }
    }

    /// How often a port was looked at in the course of turns.
    pub(crate) const fn looks(&self) -> u64 {
        self.looks
    }
}

/// The ports but the one that is being served.
pub(crate) struct OtherPorts<'a> {
    before: &'a mut [Port],
    after: &'a mut [Port],
    visited: &'a mut Visited,
}

impl OtherPorts<'_> {
    /// The clients: the others, and the host of the one that is being served, unless it is gone.
    pub(crate) fn around<'a>(&'a mut self, served: Option<&'a mut dyn Host>) -> Clients<'a> {
        Clients {
            before: self.before,
            served,
            after: self.after,
            visited: self.visited,
        }
    }
}

/// The clients of all PCI functions, by the place of the function.
///
/// While the messages of one client are processed, the transport holds that client and lends its [`Host`] to each access. So
/// the ports are split around the one that is being served, and its place is taken by the host that was lent.
pub(crate) struct Clients<'a> {
    before: &'a mut [Port],
    /// The host of the function in between, if it is being served.
    served: Option<&'a mut dyn Host>,
    after: &'a mut [Port],
    visited: &'a mut Visited,
}

impl Clients<'_> {
    /// The same clients, for one access of several.
    pub(crate) fn again(&mut self) -> Clients<'_> {
        Clients {
            before: self.before,
            served: match &mut self.served {
                Some(host) => Some(&mut **host),
                None => None,
            },
            after: self.after,
            visited: self.visited,
        }
    }

    /// The host of a function. Whatever is done with it can leave something to do about its port.
    pub(crate) fn host(&mut self, place: usize) -> Option<&mut dyn Host> {
        self.visited.note(place);
        match place.cmp(&self.before.len()) {
            Ordering::Less => self.before.get_mut(place).and_then(|port| port.server.host()),
            Ordering::Equal => match &mut self.served {
                Some(host) => Some(&mut **host),
                None => None,
            },
            Ordering::Greater => {
                let place = place - self.before.len() - 1;
                self.after.get_mut(place).and_then(|port| port.server.host())
            }
        }
    }
}

fn sum(a: Traffic, b: Traffic) -> Traffic {
    Traffic {
        commands: a.commands + b.commands,
        posted: a.posted + b.posted,
        refused: a.refused + b.refused,
        interrupts: a.interrupts + b.interrupts,
        dma_read: a.dma_read + b.dma_read,
        dma_written: a.dma_written + b.dma_written,
        system_calls: a.system_calls + b.system_calls,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_visited_once_until_it_is_forgotten() {
        let mut visited = Visited::new(3);
        for place in [2, 0, 2, 3, 0] {
            visited.note(place);
        }
        assert_eq!(visited.places, [2, 0]);
        visited.retain(|place| place == 0);
        assert_eq!(visited.places, [0]);
        visited.note(0);
        visited.note(2);
        assert_eq!(visited.places, [0, 2]);
    }
}
