//! Another kernel in the same machine: one that takes over, or the next start.

use super::machine::Succession;
use super::{Guest, GuestError, Seen, TURN, Watched};
use guest_protocol::{Complaint, LogLine, Order, classify};
use prm::Cycles;

/// How long a kernel may take to load the next one.
const LOADING: Cycles = Cycles::from_millis(60_000);

/// What a kernel's console has in front of a line: `<6>[   12.345678] `.
fn read_line(line: &str) -> Option<LogLine> {
    let (level, rest) = line.strip_prefix('<')?.split_once(">[")?;
    let (time, text) = rest.split_once("] ")?;
    let (seconds, micros) = time.trim().split_once('.')?;
    let seconds: u64 = seconds.parse().ok()?;
    Some(LogLine {
        sequence: 0,
        microseconds: seconds * 1_000_000 + micros.parse::<u64>().ok()?,
        level: level.parse::<u8>().ok()? & 7,
        text: text.trim_end().to_owned(),
    })
}

impl Guest {
    /// Lets another kernel follow, with the driver inserted and bound to nothing. Returns what the last one has printed about its end.
    ///
    /// # Errors
    /// See [`GuestError`].
    pub(in crate::stage::linux) fn next_kernel(
        &mut self,
        how: Succession,
    ) -> Result<Vec<LogLine>, GuestError> {
        let printed = self.console().len();
        let (told, own) = match how {
            Succession::TakesOver => {
                self.must(Order::NextKernel, LOADING)?;
                let told = self.take_complaints();
                self.begin()?;
                (told, self.printed_after(printed))
            }
            Succession::StartsAgain => {
                self.must(Order::Restart, LOADING)?;
                self.wait_end()?;
                let (told, own) = (self.take_complaints(), self.printed_after(printed));
                self.start_again()?;
                self.begin()?;
                (told, own)
            }
        };
        self.seen = Seen::default();
        self.replies.clear();
        let events = std::mem::take(&mut self.traced);
        self.trace(events)?;
        // What the next kernel says of its start is nobody's.
        self.is_quiet()?;
        // What the agent has told of may be on the console, too.
        let is_told = |line: &LogLine| told.iter().any(|known| known.microseconds == line.microseconds);
        let untold: Vec<&LogLine> = own.iter().filter(|line| !is_told(line)).collect();
        self.complaints.extend(told);
        self.complaints.extend(untold.into_iter().filter_map(|line| {
            Some(Complaint {
                kind: classify(&line.text)?,
                line: line.text.clone(),
                cause: None,
                sequence: 0,
                microseconds: line.microseconds,
            })
        }));
        Ok(own)
    }

    /// What the last kernel has printed on the console, from this byte on.
    fn printed_after(&self, printed: usize) -> Vec<LogLine> {
        let console = self.console();
        let lines = console.get(printed..).unwrap_or_default().lines();
        let lines = lines.filter_map(read_line);
        lines
            .take_while(|line| !line.text.starts_with("Linux version "))
            .collect()
    }

    /// Waits until QEMU has ended, as the guest has ordered.
    fn wait_end(&mut self) -> Result<(), GuestError> {
        let end = self.now().saturating_add(LOADING);
        while self.now() < end {
            match self.turn(TURN) {
                Ok(_) => {}
                Err(GuestError::Gone(_)) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Err(GuestError::Silent {
            what: format!("it has not ended; {}", self.last_words()),
            limit: LOADING,
        })
    }

    /// Another QEMU with the device, which has stayed.
    fn start_again(&mut self) -> Result<(), GuestError> {
        self.server.unwatch(self.watched.agent);
        self.server.unwatch(self.watched.end);
        self.machines += 1;
        let (process, agent, monitor) = self.machine.start(&self.server, &self.folder, self.machines)?;
        let watched = Watched::of(&mut self.server, &process, &agent)?;
        self.watched = Watched {
            interrupt: self.watched.interrupt,
            ..watched
        };
        self.process = process;
        self.agent = agent;
        self.monitor = monitor;
        Ok(())
    }

    /// All that was written on the console.
    fn console(&self) -> String {
        let bytes = std::fs::read(self.folder.path().join("console.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
