//! The streams of a program, between its pipes and the port.

use super::link::{Link, Sender};
use super::program::Pipes;
use guest_protocol::{FromSession, PORTION, Stream, ToSession};
use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, channel};
use std::thread::{self, JoinHandle};

/// Threads that pass on what the program writes.
#[derive(Debug, Default)]
pub struct Pumps(Vec<JoinHandle<()>>);

impl Pumps {
    /// Waits until everything was passed on.
    pub fn drain(self) {
        for pump in self.0 {
            // A pump that has failed has said so.
            let _ = pump.join();
        }
    }
}

/// Whether nobody reads a stream any more.
#[derive(Clone, Debug, Default)]
struct Deaf {
    output: Arc<AtomicBool>,
    errors: Arc<AtomicBool>,
}

impl Deaf {
    fn of(&self, stream: Stream) -> &Arc<AtomicBool> {
        match stream {
            Stream::Output => &self.output,
            Stream::Errors => &self.errors,
        }
    }
}

/// Joins the program's streams and the host. A program on the console has none.
///
/// # Errors
/// There are no threads.
pub fn join(link: Link, pipes: Pipes) -> Result<Pumps, String> {
    let deaf = Deaf::default();
    let sender = link.sender();
    let mut pumps = Vec::new();
    if let Some(output) = pipes.output {
        pumps.push(pump(output, Stream::Output, &sender, &deaf)?);
    }
    if let Some(errors) = pipes.errors {
        pumps.push(pump(errors, Stream::Errors, &sender, &deaf)?);
    }
    let (inputs, input) = channel();
    if let Some(pipe) = pipes.input {
        let write = move || feed(pipe, &input, || sender.send(&FromSession::Want));
        thread::Builder::new()
            .name("input".to_owned())
            .spawn(write)
            .map_err(no_thread)?;
    }
    let listen = move || listen(link, &inputs, &deaf);
    thread::Builder::new()
        .name("host".to_owned())
        .spawn(listen)
        .map_err(no_thread)?;
    Ok(Pumps(pumps))
}

fn no_thread(error: std::io::Error) -> String {
    format!("start a thread: {error}")
}

fn pump(
    from: impl Read + Send + 'static,
    stream: Stream,
    sender: &Sender,
    deaf: &Deaf,
) -> Result<JoinHandle<()>, String> {
    let (sender, deaf) = (sender.clone(), Arc::clone(deaf.of(stream)));
    let work = move || {
        pass_on(from, &deaf, |bytes| {
            sender.send(&FromSession::Written(stream, bytes))
        })
    };
    thread::Builder::new()
        .name("pump".to_owned())
        .spawn(work)
        .map_err(no_thread)
}

/// Passes on what comes, until no more does or nobody wants it. The program's end of the pipe is broken then.
fn pass_on(mut from: impl Read, deaf: &AtomicBool, mut pass: impl FnMut(Vec<u8>)) {
    let mut portion = vec![0; PORTION];
    while !deaf.load(Ordering::Relaxed) {
        match from.read(&mut portion) {
            Ok(0) => return,
            Ok(length) => pass(portion[..length].to_vec()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                eprintln!("guest-init: what the program writes: {error}");
                return;
            }
        }
    }
}

/// Passes on what the user has to say, portion by portion, to its end. A program that reads no more gets no more.
fn feed(mut program: impl Write, input: &Receiver<Vec<u8>>, want: impl Fn()) {
    want();
    while let Ok(bytes) = input.recv() {
        if bytes.is_empty() || program.write_all(&bytes).is_err() {
            return;
        }
        want();
    }
}

/// Hears the host, until it has gone away.
fn listen(mut link: Link, inputs: &mpsc::Sender<Vec<u8>>, deaf: &Deaf) {
    loop {
        match link.receive() {
            // A program that reads no more has no use for it.
            Ok(Some(ToSession::Input(bytes))) => drop(inputs.send(bytes)),
            Ok(Some(ToSession::InputEnd)) => drop(inputs.send(Vec::new())),
            Ok(Some(ToSession::Deaf(stream))) => deaf.of(stream).store(true, Ordering::Relaxed),
            Ok(Some(ToSession::Errand(_))) => eprintln!("guest-init: a second errand is not done"),
            Ok(None) => return,
            Err(error) => {
                eprintln!("guest-init: from the host: {error}");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_passed_on_until_nobody_wants_it() {
        let deaf = AtomicBool::new(false);
        let bytes: Vec<u8> = (0..=255).cycle().take(PORTION * 2 + 7).collect();
        let mut passed = Vec::new();
        pass_on(bytes.as_slice(), &deaf, |portion| passed.extend(portion));
        assert_eq!(passed, bytes);
        let mut portions = 0;
        pass_on(std::io::repeat(0), &deaf, |_| {
            portions += 1;
            deaf.store(portions == 3, Ordering::Relaxed);
        });
        assert_eq!(portions, 3);
    }

    #[test]
    fn no_more_is_wanted_than_the_program_takes() {
        let (inputs, input) = channel();
        for portion in ["one", "two", "", "three"] {
            inputs.send(portion.as_bytes().to_vec()).expect("it listens");
        }
        let wants = std::cell::Cell::new(0);
        let mut program = Vec::new();
        feed(&mut program, &input, || wants.set(wants.get() + 1));
        assert_eq!((program.as_slice(), wants.get()), (b"onetwo".as_slice(), 3));
    }
}
