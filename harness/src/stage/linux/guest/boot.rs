//! A guest is booted.

use super::machine::{Machine, io_error};
use super::{Guest, GuestError, TURN, Watched, exchange};
use crate::stage::linux::probes::{Places, Seen};
use crate::stage::linux::profile::{Profile, Room};
use device_server::{DeviceServer, Layout, ServerOptions};
use emulator::PageUse;
use emulator::config::{
    Demand, DeviceConfig, DeviceKind, Eswitch, ExternalHost, FirmwareKnobs, Port, ScalableFunctions,
    SyncReset, Teardown, Timeouts, VirtualFunctions,
};
use files::Scratch;
use guest::kit::Kit;
use guest::machine::{Agent, PluggedFunction, Process};
use guest_protocol::{Order, Ready};
use prm::{Cycles, PageMode};
use std::collections::BTreeMap;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::sync::OnceLock;

/// A boot takes about 10 s of processor time without KVM; a machine may be busy.
const BOOT_LIMIT: Cycles = Cycles::from_millis(180_000);

impl Guest {
    /// Serves the device, boots a guest with it and inserts the driver, which binds to nothing yet. Where the driver keeps its
    /// counters is `learnt` once for each build. Once `interrupt` is
    /// readable, whatever is under way ends with [`GuestError::Interrupted`].
    ///
    /// # Errors
    /// See [`GuestError`].
    pub fn boot_with(
        kit: &Kit,
        initrd: &Path,
        device: &DeviceConfig,
        seed: u64,
        learnt: &OnceLock<Places>,
        interrupt: Option<OwnedFd>,
    ) -> Result<Self, GuestError> {
        let folder = Scratch::new().map_err(io_error("cannot make a folder for the guest's sockets"))?;
        let profile = Profile::of(device);
        let room = Room::of(profile);
        let first = first_device();
        let options = ServerOptions {
            layout: Layout::Exchangeable {
                virtual_functions: room.virtual_functions,
                sf_windows: room.sf_windows,
            },
            page_use: PageUse::GivenInTime,
            ..ServerOptions::default()
        };
        let mut server = DeviceServer::bind_with(first.clone(), seed, folder.path(), options)?;
        let plugged: Vec<PluggedFunction> = (0..=u8::MAX)
            .zip(server.sockets())
            .map(|(devfn, socket)| PluggedFunction {
                socket: socket.clone(),
                devfn,
            })
            .collect();
        let machine = Machine {
            kit: kit.clone(),
            initrd: initrd.to_owned(),
            plugged,
        };
        let (process, agent, monitor) = machine.start(&server, &folder, 1)?;
        let mut watched = Watched::of(&mut server, &process, &agent)?;
        watched.interrupt = interrupt
            .map(|interrupt| server.watch(interrupt))
            .transpose()
            .map_err(io_error("cannot watch for an interrupt"))?;
        let mut guest = Self {
            calm_since: server.now(),
            functions: exchange::functions(&server),
            profile: Profile::of(&first),
            seen: Seen::default(),
            room,
            server,
            process,
            agent,
            monitor,
            replies: BTreeMap::new(),
            complaints: Vec::new(),
            commands: Vec::new(),
            account: None,
            activity: 0,
            watched,
            machine,
            machines: 1,
            traced: Vec::new(),
            folder,
        };
        guest.begin()?;
        guest.learn_places(learnt)?;
        guest.replace_device(device, seed)?;
        if !guest.is_quiet()? {
            tracing::warn!(
                actor = "host",
                "the kernel has complained before anything was done with it"
            );
        }
        Ok(guest)
    }

    /// Waits until a kernel has booted, and inserts the driver, which binds to nothing yet.
    pub(super) fn begin(&mut self) -> Result<(), GuestError> {
        let ready = self.wait_ready()?;
        self.write("/sys/bus/pci/drivers_autoprobe", "0")?;
        for name in ready.modules {
            let order = Order::InsertModule {
                name,
                parameters: String::new(),
            };
            self.must(order, BOOT_LIMIT)?;
        }
        Ok(())
    }

    fn wait_ready(&mut self) -> Result<Ready, GuestError> {
        let end = self.now().saturating_add(BOOT_LIMIT);
        while self.now() < end {
            if let Some(ready) = self.turn(TURN)? {
                return Ok(ready);
            }
        }
        Err(GuestError::Silent {
            what: format!("it has not booted; {}", self.last_words()),
            limit: BOOT_LIMIT,
        })
    }
}

impl Watched {
    /// A machine that has just been started.
    pub(super) fn of(
        server: &mut DeviceServer,
        process: &Process,
        agent: &Agent,
    ) -> Result<Self, GuestError> {
        let mut watch = |fd| server.watch(fd).map_err(io_error("cannot watch the guest"));
        Ok(Self {
            agent: watch(agent.fd())?,
            agent_fd: agent.fd().as_raw_fd(),
            end: watch(process.end_fd())?,
            interrupt: None,
        })
    }
}

/// The device that a guest boots with: a PF that does nothing of note. QEMU keeps the chain of capabilities that it finds first, and
/// a PF's is the longest.
fn first_device() -> DeviceConfig {
    DeviceConfig {
        kind: DeviceKind::Pf,
        vhca_id: 1,
        page_mode: PageMode::FuncId,
        demand: Demand::default(),
        port: Port::default(),
        eswitch: Eswitch::default(),
        vfs: VirtualFunctions::default(),
        ec_vfs: VirtualFunctions::default(),
        external_host: ExternalHost::default(),
        satellite_pfs: Vec::new(),
        sfs: ScalableFunctions::default(),
        model: None,
        second_pf: None,
        adjacent_vfs: Vec::new(),
        teardown: Teardown::default(),
        sync_reset: SyncReset::default(),
        timeouts: Timeouts::default(),
        firmware: FirmwareKnobs::default(),
    }
}
