//! A raw client, byte by byte, and a small device for it.
#![allow(dead_code, reason = "each test program uses a part of this")]

pub mod client;
pub mod device;
pub mod process;

use client::Client;
use device::{Ports, Shared};
use std::os::unix::net::UnixStream;
use std::thread::JoinHandle;
use transport::{Connection, Device, Disconnect};

/// A device that is being served on a thread of its own, and a client of it that has negotiated.
pub struct Served {
    pub client: Client,
    pub shared: Shared,
    server: Option<JoinHandle<Disconnect>>,
}

impl Served {
    /// Serves [`Ports`] to a client that has not said anything yet.
    pub fn silent() -> Self {
        let shared = Shared::default();
        let mut device = Ports::new(shared.clone());
        let (client, server) = UnixStream::pair().unwrap();
        let server = std::thread::Builder::new().spawn(move || {
            Connection::new(server.into(), device.info())
                .with_patience(std::time::Duration::from_millis(300))
                .serve(&mut device)
        });
        Self {
            client: Client::new(client),
            shared,
            server: Some(server.unwrap()),
        }
    }

    /// Serves [`Ports`] to a client that has negotiated.
    pub fn start() -> Self {
        let mut served = Self::silent();
        assert_eq!(served.client.negotiate().error(), None);
        served
    }

    /// Closes the client's end and tells how the server took it.
    pub fn finish(mut self) -> Disconnect {
        self.client.close();
        self.server
            .take()
            .unwrap()
            .join()
            .expect("the server must not panic")
    }
}
