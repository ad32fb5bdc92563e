//! A booted guest: QEMU, the program that serves orders in it, and our driver's program.

use super::error::GuestError;
use super::line_port::LinePort;
use driver_host::orders::{HostOrder, HostReply, Port};
use files::Scratch;
use guest::machine::parent::start_child;
use guest_protocol::{Answer, FromGuest, Order, Outcome, Request};
use rustix::time::{ClockId, Timespec, clock_gettime};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::Child;
use tokio::runtime::Runtime;

/// A boot takes about 10 s of processor time without KVM; a machine may be busy.
pub(super) const BOOT_LIMIT: Duration = Duration::from_secs(180);

/// How long what the guest is asked to do may take.
const ORDER_LIMIT: Duration = Duration::from_secs(60);

/// How long our driver may take for one order. The longest one of a scenario gives 60,000 pages, each of which is told to an
/// IOMMU.
const DRIVER_LIMIT: Duration = Duration::from_secs(600);

/// See the module's head. It is switched off when dropped.
#[derive(Debug)]
pub(super) struct BootedGuest {
    runtime: Runtime,
    qemu: Child,
    agent: LinePort,
    orders: LinePort,
    last_id: u32,
    interrupt: Option<tokio::net::UnixStream>,
    /// When QEMU was started.
    began: Timespec,
    /// Why our driver's program has not answered.
    failure: Option<GuestError>,
    folder: Scratch,
}

/// Where QEMU finds the sockets that this process listens at.
pub(super) struct Sockets {
    /// Of the program that serves orders.
    pub(super) agent: LinePort,
    /// Of our driver's program.
    pub(super) orders: LinePort,
}

impl BootedGuest {
    /// Starts QEMU, whose ends of the sockets are in its command. `folder` holds the console, `qemu.log` too.
    ///
    /// # Errors
    /// [`GuestError::Io`].
    pub(super) fn start(
        runtime: Runtime,
        command: Command,
        sockets: Sockets,
        interrupt: Option<OwnedFd>,
        folder: Scratch,
    ) -> Result<Self, GuestError> {
        let (qemu, interrupt) = {
            let _within = runtime.enter();
            let log = std::fs::File::create(folder.path().join("qemu.log"));
            let log = log.map_err(GuestError::io("the log of QEMU"))?;
            let errors = log.try_clone().map_err(GuestError::io("the log of QEMU"))?;
            let mut command = tokio::process::Command::from(command);
            command
                .stdin(std::process::Stdio::null())
                .stdout(log)
                .stderr(errors);
            let runtime = runtime.handle().clone();
            let qemu = start_child(move || {
                let _within = runtime.enter();
                command.kill_on_drop(true).spawn()
            });
            let interrupt = interrupt.map(|interrupt| {
                let stream = UnixStream::from(interrupt);
                stream.set_nonblocking(true)?;
                tokio::net::UnixStream::from_std(stream)
            });
            let interrupt = interrupt.transpose();
            (
                qemu.map_err(GuestError::io("QEMU cannot be started"))?,
                interrupt.map_err(GuestError::io("signals cannot be heard"))?,
            )
        };
        Ok(Self {
            runtime,
            qemu,
            agent: sockets.agent,
            orders: sockets.orders,
            last_id: 0,
            interrupt,
            began: clock_gettime(ClockId::Monotonic),
            failure: None,
            folder,
        })
    }

    /// Waits until the guest's program serves orders.
    ///
    /// # Errors
    /// See [`GuestError`].
    pub(super) fn wait_ready(&mut self) -> Result<Vec<String>, GuestError> {
        let ready = async |agent: &mut LinePort, _: &mut LinePort| loop {
            if let FromGuest::Ready(ready) = agent.receive().await? {
                return Ok(ready.modules);
            }
        };
        self.until("it boots", BOOT_LIMIT, ready)
    }

    /// Gives an order that every guest can carry out.
    ///
    /// # Errors
    /// See [`GuestError`].
    pub(super) fn must(&mut self, order: Order) -> Result<Answer, GuestError> {
        let what = format!("{order:?}");
        let id = self.send(order)?;
        let reply = async |agent: &mut LinePort, _: &mut LinePort| loop {
            match agent.receive().await? {
                FromGuest::Reply(reply) if reply.id == id => return Ok(reply.outcome),
                FromGuest::Complaint(complaint) => tracing::warn!(actor = "kernel", "{}", complaint.line),
                FromGuest::Misread { line, why } => tracing::error!(line, why, "the guest misread an order"),
                FromGuest::Ready(_) | FromGuest::Reply(_) => {}
            }
        };
        match self.until(&what, ORDER_LIMIT, reply)? {
            Outcome::Ok(answer) => Ok(answer),
            Outcome::Error(refusal) => Err(GuestError::Refused { what, refusal }),
        }
    }

    /// Gives an order without waiting for what comes of it.
    ///
    /// # Errors
    /// See [`GuestError`].
    pub(super) fn send(&mut self, order: Order) -> Result<u32, GuestError> {
        self.last_id += 1;
        let id = self.last_id;
        let request = Request { id, order };
        let send = async |agent: &mut LinePort, _: &mut LinePort| agent.send(&request).await;
        self.until("an order", ORDER_LIMIT, send)?;
        Ok(id)
    }

    /// QEMU's process, as long as it has not ended.
    pub(super) fn process_id(&self) -> Option<u32> {
        self.qemu.id()
    }

    /// Waits for what comes of the guest, unless QEMU ends, the user ends the run, or it takes too long.
    fn until<T>(
        &mut self,
        what: &str,
        limit: Duration,
        act: impl AsyncFnOnce(&mut LinePort, &mut LinePort) -> Result<T, GuestError>,
    ) -> Result<T, GuestError> {
        let Self {
            runtime,
            qemu,
            agent,
            orders,
            interrupt,
            ..
        } = self;
        let ended = runtime.block_on(async {
            tokio::select! {
                biased;
                done = act(agent, orders) => Some(done),
                () = heard(interrupt) => Some(Err(GuestError::Interrupted)),
                _ = qemu.wait() => None,
                () = tokio::time::sleep(limit) => Some(Err(GuestError::Silent { what: what.to_owned(), limit })),
            }
        });
        match ended {
            Some(Err(GuestError::Gone(_))) | None => Err(self.gone()),
            Some(ended) => ended,
        }
    }

    /// Why the guest is not there any more.
    fn gone(&mut self) -> GuestError {
        let status = self
            .runtime
            .block_on(async { tokio::time::timeout(Duration::from_secs(10), self.qemu.wait()).await });
        let how = match status {
            Ok(Ok(status)) => format!("QEMU ended with {status}"),
            _ => "it has closed its ports".to_owned(),
        };
        GuestError::Gone(format!("{how}{}", self.last_words()))
    }

    fn last_words(&self) -> String {
        let last = |name: &str| {
            let text = std::fs::read(self.folder.path().join(name)).ok()?;
            let text = String::from_utf8_lossy(&text);
            text.lines()
                .rfind(|line| !line.trim().is_empty())
                .map(str::to_owned)
        };
        let words = ["qemu.log", "console.log"].into_iter().filter_map(last);
        words.map(|word| format!("; {word}")).collect()
    }

    /// The wall time since it was started.
    pub(super) fn age(&self) -> Duration {
        let now = clock_gettime(ClockId::Monotonic);
        Duration::try_from(now - self.began).unwrap_or_default()
    }

    /// How often each vector of the device has come, as the guest's kernel counts them, into the log.
    pub(super) fn log_interrupts(&mut self) {
        if !tracing::enabled!(tracing::Level::INFO) {
            return;
        }
        let paths = vec!["/proc/interrupts".to_owned()];
        match self.must(Order::ReadFiles { paths }) {
            Ok(Answer::Files(files)) => {
                let lines = files.iter().flatten().flat_map(|text| text.lines());
                for line in lines.filter(|line| line.contains("vfio-msix")) {
                    tracing::info!(actor = "guest", "{}", line.trim());
                }
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(actor = "guest", "its interrupts: {error}"),
        }
    }

    /// Why a run was cut short: that our driver's program is silent, or QEMU has ended, says more than what came of it.
    pub(super) fn lost(mut self, error: GuestError) -> GuestError {
        if let Some(failure) = self.failure {
            return failure;
        }
        match self.qemu.try_wait() {
            Ok(Some(status)) => GuestError::Gone(format!("QEMU ended with {status}{}", self.last_words())),
            _ => error,
        }
    }
}

/// Our driver's program, at its port.
impl Port for BootedGuest {
    fn call(&mut self, order: &HostOrder) -> Result<HostReply, String> {
        let exchange = async |_: &mut LinePort, orders: &mut LinePort| {
            orders.send(order).await?;
            orders.receive().await
        };
        self.until("our driver's program", DRIVER_LIMIT, exchange)
            .map_err(|error| {
                let words = error.to_string();
                self.failure.get_or_insert(error);
                words
            })
    }
}

/// Ends once the user has asked for the end; never where nobody listens.
async fn heard(interrupt: &mut Option<tokio::net::UnixStream>) {
    match interrupt {
        Some(stream) => {
            // Whatever comes, or the end of it, asks for the end.
            let _ = stream.read(&mut [0]).await;
        }
        None => std::future::pending().await,
    }
}

/// A runtime for one thread, which waits for guests, children and time-outs.
///
/// # Errors
/// What the system says.
pub(super) fn runtime() -> Result<Runtime, GuestError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(GuestError::io("waiting cannot be set up"))
}
