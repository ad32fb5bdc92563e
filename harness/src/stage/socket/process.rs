//! The server as a process of its own.
//!
//! Its start, its end and how long either may take are waited for by tokio: a child, its output and a time-out are
//! unrelated things. While a scenario is played nobody waits here.

use files::Scratch;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

/// How long the server may take to make its sockets. It takes milliseconds; a loaded machine may take its time.
const START: Duration = Duration::from_secs(30);

/// How long it may take to end when it is told to.
const END: Duration = Duration::from_secs(5);

/// What is shown of what it has said.
const LAST_WORDS: usize = 5;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It could not be started.
    #[error("cannot start {}: {error}", .program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It ended before it served anything.
    #[error("the server has ended at once ({status}): {said}")]
    Ended {
        /// How.
        status: String,
        /// What it said last.
        said: String,
    },
    /// It serves nothing.
    #[error("the server has not begun to serve within {} s: {said}", START.as_secs())]
    Late {
        /// What it said last.
        said: String,
    },
    /// There is no folder for its sockets, or nobody to wait for it.
    #[error("the server cannot be prepared: {0}")]
    Io(#[from] io::Error),
}

/// What the server is started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessOptions {
    /// The program that has the command `serve`.
    pub program: PathBuf,
    /// Whether its clock stands until it is moved.
    pub virtual_time: bool,
    /// How many virtual functions have a socket.
    pub virtual_functions: u16,
    /// How many SFs have a register window.
    pub sf_windows: u16,
}

/// A server that is running. It is gone when this is dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    runtime: Runtime,
    said: PathBuf,
    folder: Scratch,
    /// The server ends when its standard input does, so it does not outlive this process, however that ends.
    _stdin: Option<ChildStdin>,
}

impl ServerProcess {
    /// Starts a server and waits until it serves.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(options: &ProcessOptions) -> Result<Self, StartError> {
        let folder = Scratch::new()?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let said = folder.path().join("said");
        let log = File::create(&said)?;
        let mut child = {
            let _entered = runtime.enter();
            let started = command(options, folder.path()).stderr(log).spawn();
            started.map_err(|error| StartError::Spawn {
                program: options.program.clone(),
                error,
            })?
        };
        let stdout = child.stdout.take().map(BufReader::new);
        let stdin = child.stdin.take();
        let mut process = Self {
            child,
            runtime,
            said,
            folder,
            _stdin: stdin,
        };
        process.await_announcement(stdout)?;
        Ok(process)
    }

    /// Waits until the server says what it serves: then all of its sockets are there.
    fn await_announcement(&mut self, stdout: Option<BufReader<ChildStdout>>) -> Result<(), StartError> {
        let Some(mut stdout) = stdout else {
            return Err(io::Error::other("it has no standard output").into());
        };
        let Self { child, runtime, .. } = self;
        let announced = runtime.block_on(async {
            let mut line = String::new();
            let announcement = async {
                // Without a line it has closed its output: it ends, or has ended.
                match stdout.read_line(&mut line).await? {
                    0 => Ok(Some(child.wait().await?)),
                    _ => io::Result::Ok(None),
                }
            };
            timeout(START, announcement).await
        });
        match announced {
            // That nobody reads on is no error to it.
            Ok(Ok(None)) => Ok(()),
            Ok(Ok(Some(status))) => Err(StartError::Ended {
                status: status.to_string(),
                said: self.last_words(),
            }),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(StartError::Late {
                said: self.last_words(),
            }),
        }
    }

    /// The folder with its sockets.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its control socket.
    #[must_use]
    pub fn control(&self) -> PathBuf {
        control(self.folder())
    }

    /// Its process id; `None` once it has ended.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// How it has ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        let _entered = self.runtime.enter();
        self.child.try_wait().ok().flatten()
    }

    /// Ends it at once, as a crash does, and waits until it is gone.
    pub fn kill(&mut self) {
        let Self { child, runtime, .. } = self;
        // One that has ended already is gone, too.
        let _gone = runtime.block_on(async { timeout(END, child.kill()).await });
    }

    /// What it has said last, in one line.
    #[must_use]
    pub fn last_words(&self) -> String {
        let said = std::fs::read_to_string(&self.said).unwrap_or_default();
        let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = &lines[lines.len().saturating_sub(LAST_WORDS)..];
        if last.is_empty() {
            "it has said nothing".to_owned()
        } else {
            last.join("; ")
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self._stdin = None;
        let Self { child, runtime, .. } = self;
        let ended = runtime.block_on(async { timeout(END, child.wait()).await });
        if !matches!(ended, Ok(Ok(_))) {
            self.kill();
        }
    }
}

fn control(folder: &Path) -> PathBuf {
    folder.join("control.sock")
}

fn command(options: &ProcessOptions, folder: &Path) -> Command {
    let mut command = Command::new(&options.program);
    command
        .arg("serve")
        .arg("--flat")
        .arg(options.virtual_functions.to_string())
        .arg("--sf-windows")
        .arg(options.sf_windows.to_string())
        .arg("--socket-dir")
        .arg(folder)
        .arg("--control")
        .arg(control(folder))
        .arg("--until-stdin-ends")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    if options.virtual_time {
        command.arg("--virtual-time");
    }
    command
}
