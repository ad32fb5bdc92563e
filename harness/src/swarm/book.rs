//! What firmware may know: which functions are there, and how many pages each was given beyond what the driver's load brings.
//!
//! Firmware that keeps to the interface asks nothing back that it has not got. What was asked for counts as given once everything
//! before it has had time to end: not while a command is held or answered late, or an operation runs.

use crate::swarm::frame::main_function;
use driver::HostOperation;
use emulator::config::{DeviceConfig, DeviceKind};
use emulator::order::PageRequest;
use prm::{EswitchMode, Function};
use std::collections::{BTreeMap, BTreeSet};

/// Most pages that firmware asks for at a time within the interface.
pub const MOST_PAGES: i32 = 4_096;

/// See the module's head.
#[derive(Clone, Debug)]
pub struct Book {
    device: DeviceConfig,
    loaded: bool,
    vfs: u16,
    switchdev: bool,
    host_vfs: u16,
    given: BTreeMap<Function, i32>,
    promised: BTreeMap<Function, i32>,
    holds: BTreeSet<String>,
    running: BTreeMap<String, HostOperation>,
    gives_late: bool,
    /// The device's numbers of scalable functions, by those of `add_sf`.
    scalable: BTreeMap<u16, u16>,
    /// Functions with a driver of their own.
    bound: BTreeSet<Function>,
    /// The main driver has gone from under drivers of its functions: where they are bound now is not foreseen.
    orphans: bool,
}

impl Book {
    /// Of a device that nobody has driven yet.
    #[must_use]
    pub fn new(device: &DeviceConfig) -> Self {
        Self {
            host_vfs: device.external_host.enabled_vfs,
            device: device.clone(),
            loaded: false,
            vfs: 0,
            switchdev: false,
            given: BTreeMap::new(),
            promised: BTreeMap::new(),
            holds: BTreeSet::new(),
            running: BTreeMap::new(),
            gives_late: false,
            scalable: BTreeMap::new(),
            bound: BTreeSet::new(),
            orphans: false,
        }
    }

    /// A driver is bound.
    #[must_use]
    pub const fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// VFs that the host has enabled.
    #[must_use]
    pub const fn vfs(&self) -> u16 {
        self.vfs
    }

    /// VFs that the host may enable.
    #[must_use]
    pub const fn most_vfs(&self) -> u16 {
        match self.device.kind {
            DeviceKind::Pf => self.device.vfs.total,
            DeviceKind::Ecpf => self.device.ec_vfs.total,
            DeviceKind::Vf => 0,
        }
    }

    /// The embedded switch forwards by rules.
    #[must_use]
    pub const fn is_switchdev(&self) -> bool {
        self.switchdev
    }

    /// Functions that work now, or, with `early`, all that may come: the main one first.
    #[must_use]
    pub fn functions(&self, early: bool) -> Vec<Function> {
        let external = &self.device.external_host;
        let of = |now: u16, all: u16| if early { all } else { now };
        let mut functions = vec![main_function(&self.device)];
        functions.extend(self.own_vfs(of(self.vfs, self.most_vfs())));
        if self.device.kind == DeviceKind::Ecpf && (early || self.vfs > 0 || self.switchdev) {
            functions.push(Function::HostPf);
            functions.extend((1..=of(self.host_vfs, external.vfs.total)).map(Function::HostVf));
            let satellites = u16::try_from(self.device.satellite_pfs.len()).unwrap_or(0);
            functions.extend((1..=satellites).map(Function::SatellitePf));
        }
        functions.extend(self.scalable.values().copied().map(Function::Sf));
        functions
    }

    /// The first so many of the device's own VFs.
    fn own_vfs(&self, number: u16) -> impl Iterator<Item = Function> + use<> {
        let own = match self.device.kind {
            DeviceKind::Pf => Function::Vf,
            DeviceKind::Ecpf | DeviceKind::Vf => Function::EcVf,
        };
        (1..=number).map(own)
    }

    /// Scalable functions that the host has added, by its own numbers.
    #[must_use]
    pub fn scalable(&self) -> Vec<u16> {
        self.scalable.keys().copied().collect()
    }

    /// The number of the next scalable function that the host may add.
    #[must_use]
    pub fn next_scalable(&self) -> Option<u16> {
        let may = self.switchdev && self.scalable.len() < usize::from(self.device.sfs.max);
        may.then(|| (1..).find(|number| !self.scalable.contains_key(number)))?
    }

    /// Functions that a driver of their own can be bound to, and those that one is bound to.
    #[must_use]
    pub fn drivable(&self) -> Vec<(Function, bool)> {
        let functions = self.own_vfs(self.vfs).filter(|_| !self.orphans);
        functions
            .map(|function| (function, self.bound.contains(&function)))
            .collect()
    }

    /// A driver of its own is bound to a function, or removed.
    pub fn bind(&mut self, function: Function, bound: bool) {
        if bound {
            self.bound.insert(function);
        } else {
            self.bound.remove(&function);
        }
    }

    /// Whether the main driver takes in how many VFs the external host has when it is told: it does where it is about to ask anyway, and
    /// in switchdev mode where there were none.
    #[must_use]
    pub fn tells_of_vfs(&self) -> bool {
        let asks_later = self.vfs == 0 && !self.switchdev;
        self.rests() && (asks_later || (self.switchdev && self.host_vfs == 0))
    }

    /// Nothing is held, nothing runs, no give is late.
    #[must_use]
    pub fn rests(&self) -> bool {
        self.holds.is_empty() && self.running.is_empty() && !self.gives_late
    }

    /// Functions that have pages which firmware may give back, and how many.
    #[must_use]
    pub fn given(&self) -> Vec<(Function, i32)> {
        let given = self.given.iter().filter(|(_, pages)| **pages > 0);
        given.map(|(function, pages)| (*function, *pages)).collect()
    }

    /// Takes in a page request of firmware; `at_once` says that it is posted now, and not when something happens. Returns whether a
    /// compliant firmware may do so.
    pub fn request(&mut self, request: &PageRequest, at_once: bool) -> bool {
        let Some(function) = request.function.filter(|_| !request.release_all) else {
            return false;
        };
        if request.pages > 0 {
            let book = match (at_once, self.rests()) {
                (true, true) => &mut self.given,
                (true, false) => &mut self.promised,
                (false, _) => return request.pages <= MOST_PAGES,
            };
            *book.entry(function).or_default() += request.pages;
            return request.pages <= MOST_PAGES;
        }
        let has = self.given.entry(function).or_default();
        let may = request.pages < 0 && request.pages.saturating_neg() <= *has;
        *has = has.saturating_add(request.pages).max(0);
        may
    }

    /// An operation of the host begins: firmware counts on nothing that it takes away.
    pub fn begin(&mut self, operation: HostOperation) {
        match operation {
            HostOperation::Unload | HostOperation::Reload => {
                self.given.clear();
                self.promised.clear();
                self.gives_late = false;
                self.switchdev = false;
                self.scalable.clear();
                self.orphans |= !self.bound.is_empty();
                self.bound.clear();
                if operation == HostOperation::Unload {
                    self.vfs = 0;
                    self.loaded = false;
                    self.orphans = false;
                }
            }
            HostOperation::DisableVfs => {
                self.vfs = 0;
                self.bound.clear();
                self.orphans = false;
                self.forget(|function| matches!(function, Function::Vf(_) | Function::EcVf(_)));
            }
            HostOperation::SetEswitchMode(_) => {
                self.scalable.clear();
                self.forget(|function| function != Function::Pf);
            }
            HostOperation::RemoveSf(number) => {
                if let Some(number) = self.scalable.remove(&number) {
                    self.forget(|function| function == Function::Sf(number));
                }
            }
            _ => {}
        }
    }

    /// It has ended.
    pub fn end(&mut self, operation: HostOperation) {
        match operation {
            HostOperation::Load => self.loaded = true,
            HostOperation::EnableVfs(number) => self.vfs = u16::try_from(number).unwrap_or(0),
            HostOperation::SetEswitchMode(mode) => self.switchdev = mode == EswitchMode::Switchdev,
            HostOperation::AddSf(number) => {
                let taken = &self.scalable;
                let free = (1..).find(|number| !taken.values().any(|taken| taken == number));
                self.scalable.extend(free.map(|free| (number, free)));
            }
            _ => {}
        }
    }

    /// It runs in the background, under this name.
    pub fn run(&mut self, name: &str, operation: HostOperation) {
        self.begin(operation);
        self.running.insert(name.to_owned(), operation);
    }

    /// It is joined.
    pub fn join(&mut self, name: &str) {
        if let Some(operation) = self.running.remove(name) {
            self.end(operation);
        }
        self.keep_promises();
    }

    /// A command is going to be held.
    pub fn hold(&mut self, name: &str) {
        self.holds.insert(name.to_owned());
    }

    /// It is let go.
    pub fn release(&mut self, name: &str) {
        self.holds.remove(name);
        self.keep_promises();
    }

    /// Gives are answered late from now on.
    pub const fn give_late(&mut self) {
        self.gives_late = true;
    }

    /// All that was late has been answered.
    pub fn give_at_once(&mut self) {
        self.gives_late = false;
        self.keep_promises();
    }

    /// The external host has so many VFs.
    pub fn announce(&mut self, host_vfs: u16) {
        self.host_vfs = host_vfs;
        self.forget(|function| matches!(function, Function::HostVf(number) if number > host_vfs));
    }

    fn forget(&mut self, which: impl Fn(Function) -> bool) {
        self.given.retain(|function, _| !which(*function));
        self.promised.retain(|function, _| !which(*function));
    }

    fn keep_promises(&mut self) {
        if self.rests() {
            for (function, pages) in std::mem::take(&mut self.promised) {
                *self.given.entry(function).or_default() += pages;
            }
        }
    }

    /// A command is held, or is going to be.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        !self.holds.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swarm::frame::tests::frame;

    fn asks(function: Function, pages: i32) -> PageRequest {
        PageRequest {
            function: Some(function),
            identity: None,
            pages,
            release_all: false,
        }
    }

    #[test]
    fn nothing_is_asked_back_that_was_not_given() {
        let mut book = Book::new(frame("compliant_firmware").device());
        assert!(book.request(&asks(Function::Pf, 10), true));
        assert!(book.clone().request(&asks(Function::Pf, -10), true));
        assert!(!book.clone().request(&asks(Function::Pf, -11), true));
        assert!(!book.request(&asks(Function::Vf(1), -1), true));
        book.begin(HostOperation::Reload);
        assert_eq!(book.given(), []);
    }

    #[test]
    fn what_is_asked_for_behind_a_hold_is_given_once_it_is_let_go() {
        let mut book = Book::new(frame("compliant_firmware").device());
        book.hold("a");
        assert!(book.request(&asks(Function::Pf, 10), true));
        assert_eq!(book.given(), []);
        book.release("a");
        assert_eq!(book.given(), [(Function::Pf, 10)]);
    }

    #[test]
    fn functions_come_with_their_vfs() {
        let mut book = Book::new(frame("compliant_firmware").device());
        book.begin(HostOperation::EnableVfs(2));
        assert_eq!(book.functions(false), [Function::Pf]);
        book.end(HostOperation::EnableVfs(2));
        assert_eq!(book.functions(false).len(), 3);
        assert_eq!(book.functions(true).len(), 4);
    }
}
