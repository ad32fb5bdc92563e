//! A virtual machine's side of one PCI function, through the client of the `vfio_user` crate.

use super::{Served, pause};
use prm::Function;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::{MemfdFlags, SealFlags};
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::FileExt;
use std::path::Path;
use vfio_user::Client;

pub const BAR0: u32 = 0;
pub const BAR2: u32 = 2;
pub const CONFIG: u32 = 7;
pub const MSIX: u32 = 2;
/// Where guest memory begins on the bus, and its size.
pub const RAM_AT: u64 = 0x4000_0000;
pub const RAM: u64 = 32 << 20;

/// A connected client with memory.
pub struct Guest {
    pub client: Client,
    memory: File,
    free: u64,
    /// What to do where the guest can only wait.
    wait: Box<dyn Fn()>,
}

impl Guest {
    /// Connects, as QEMU does when it realizes a device: nothing but the connection is there.
    pub fn plug(served: &Served, function: Function) -> Self {
        Self::plug_with(served, function, true)
    }

    /// Connects with memory that the server can map, or with memory that it reads and writes through the descriptor.
    pub fn plug_with(served: &Served, function: Function, sealed: bool) -> Self {
        Self::connect(&served.socket(function), sealed)
    }

    fn connect(socket: &Path, sealed: bool) -> Self {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let memory = File::from(rustix::fs::memfd_create("guest", flags).unwrap());
        memory.set_len(RAM).unwrap();
        if sealed {
            rustix::fs::fcntl_add_seals(&memory, SealFlags::SHRINK).unwrap();
        }
        Self {
            client: Client::new(socket).unwrap(),
            memory,
            free: 0,
            wait: Box::new(pause),
        }
    }

    /// Connects, resets the device, maps memory and switches memory space and bus mastering on.
    pub fn boot(served: &Served, function: Function) -> Self {
        Self::boot_with(served, function, true)
    }

    /// As [`Self::boot`], with memory as for [`Self::plug_with`].
    pub fn boot_with(served: &Served, function: Function, sealed: bool) -> Self {
        Self::plug_with(served, function, sealed).booted()
    }

    /// As [`Self::boot`], at a socket by its path.
    pub fn boot_at(socket: &Path) -> Self {
        Self::connect(socket, true).booted()
    }

    fn booted(mut self) -> Self {
        self.client.reset().unwrap();
        self.map();
        self.set_config(0x04, &0x0006_u16.to_le_bytes());
        self
    }

    /// From now on does this where it can only wait.
    pub fn wait_by(&mut self, wait: impl Fn() + 'static) {
        self.wait = Box::new(wait);
    }

    /// Lets time pass.
    pub fn wait(&self) {
        (self.wait)();
    }

    pub fn map(&mut self) {
        let descriptor = self.memory.as_raw_fd();
        self.client.dma_map(0, RAM_AT, RAM, descriptor).unwrap();
    }

    /// The descriptor of its memory.
    pub fn memory_fd(&self) -> RawFd {
        self.memory.as_raw_fd()
    }

    pub fn config<const N: usize>(&mut self, at: u64) -> [u8; N] {
        let mut bytes = [0; N];
        self.client.region_read(CONFIG, at, &mut bytes).unwrap();
        bytes
    }

    pub fn config_u16(&mut self, at: u64) -> u16 {
        u16::from_le_bytes(self.config(at))
    }

    pub fn config_u32(&mut self, at: u64) -> u32 {
        u32::from_le_bytes(self.config(at))
    }

    pub fn set_config(&mut self, at: u64, data: &[u8]) {
        self.client.region_write(CONFIG, at, data).unwrap();
    }

    pub fn whole_config(&mut self) -> Vec<u8> {
        self.config::<4096>(0).to_vec()
    }

    /// Whether the function answers.
    pub fn is_visible(&mut self) -> bool {
        self.config_u16(0) != 0xffff
    }

    /// A register's value.
    pub fn register(&mut self, region: u32, at: u64) -> u32 {
        let mut bytes = [0; 4];
        self.client.region_read(region, at, &mut bytes).unwrap();
        u32::from_be_bytes(bytes)
    }

    pub fn set_register(&mut self, region: u32, at: u64, value: u32) {
        self.client
            .region_write(region, at, &value.to_be_bytes())
            .unwrap();
    }

    /// Fresh zeroed memory, page aligned: its bus address.
    pub fn allocate(&mut self, bytes: u64) -> u64 {
        let at = RAM_AT + self.free;
        self.free += bytes.next_multiple_of(4096);
        assert!(self.free <= RAM);
        at
    }

    pub fn store(&self, at: u64, bytes: &[u8]) {
        self.memory.write_all_at(bytes, at - RAM_AT).unwrap();
    }

    pub fn load(&self, at: u64, into: &mut [u8]) {
        self.memory.read_exact_at(into, at - RAM_AT).unwrap();
    }

    /// Arms one MSI-X vector.
    pub fn arm(&mut self, vector: u32) -> Interrupt {
        let eventfd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).unwrap();
        self.client
            .set_irqs(MSIX, 0x24, vector, 1, &[eventfd.as_raw_fd()])
            .unwrap();
        Interrupt(eventfd)
    }

    /// Enables VFs through the PF's SR-IOV capability, as the kernel does it.
    pub fn enable_vfs(&mut self, count: u16) {
        self.set_config(0x110, &count.to_le_bytes());
        self.set_config(0x108, &0x0009_u16.to_le_bytes());
    }

    pub fn disable_vfs(&mut self) {
        self.set_config(0x108, &0_u16.to_le_bytes());
        self.set_config(0x110, &0_u16.to_le_bytes());
    }

    pub fn function_level_reset(&mut self) {
        self.set_config(0x68, &0x8000_u16.to_le_bytes());
    }
}

/// An eventfd of an MSI-X vector.
pub struct Interrupt(OwnedFd);

impl Interrupt {
    /// Takes what has come so far.
    pub fn take(&self) -> u64 {
        let mut count = [0; 8];
        rustix::io::read(&self.0, &mut count).map_or(0, |_| u64::from_ne_bytes(count))
    }

    /// Waits for at least one.
    pub fn wait(&self) -> u64 {
        let mut watched = [PollFd::new(&self.0, PollFlags::IN)];
        let limit = Timespec {
            tv_sec: 20,
            tv_nsec: 0,
        };
        assert_eq!(poll(&mut watched, Some(&limit)).unwrap(), 1, "no interrupt came");
        self.take()
    }
}
