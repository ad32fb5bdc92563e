//! `control`: lines at the control socket of a served device, and what they do to it while a driver's side works.
//!
//! Whatever is in a line, it is answered once, with its id where that can be read, and what is wrong is said with its line; no
//! answer is longer than a client is sent at once; the device goes on, and no act of it touches what it had not declared.

use crate::budget::tell;
use crate::client::{Client, Memory};
use crate::devices;
use crate::draw::Draw;
use crate::program::{self, QUEUE};
use device_server::control::ControlServer;
use device_server::{ClockKind, DeviceServer, Layout, ServerOptions, Service};
use prm::event_queue::{CreateEq, CreateEqOut, EqContext};
use prm::pages::QueryPages;
use prm::uar::{AllocUar, AllocUarOut, EQ_DOORBELL_ARM, EqDoorbell};
use prm::{Command, PagesOp, UarIndex, init_segment, saturated};
use serde_json::Value;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Lines of an input that are sent at most.
const MOST_LINES: usize = 48;
/// Turns after which a server that still owes an answer is said not to give it.
const PATIENCE: usize = 300;
/// The longest answer: what a client is sent at once.
const LONGEST: usize = 8 << 20;

/// Sends the lines of an input, and has a driver's side work between them. The first byte says on which device and clock.
///
/// # Panics
/// If a promise is broken.
pub fn run(input: &[u8]) {
    let Some((first, lines)) = input.split_first() else {
        return;
    };
    let kind = [*first & 7, 0, 0, 0];
    let device = devices::device(&mut Draw::new(&kind));
    let folder = tempfile::tempdir().expect("there are folders");
    let clock = if first & 8 == 0 {
        ClockKind::Virtual
    } else {
        ClockKind::Wall
    };
    let layout = if first & 16 == 0 {
        Layout::Sriov
    } else {
        Layout::Flat {
            virtual_functions: 3,
            sf_windows: 2,
        }
    };
    let options = ServerOptions {
        clock,
        layout,
        ..ServerOptions::default()
    };
    let server = DeviceServer::bind_with(device, 1, folder.path(), options).expect("a device of those above");
    let socket = server.sockets()[0].clone();
    let control = ControlServer::bind(&folder.path().join("control")).expect("a folder of its own");
    let path = control.path().to_owned();
    let mut bench = Bench {
        service: Service::new(server, Some(control)).expect("a socket can be watched"),
        driver: Client::new(UnixStream::connect(socket).expect("a server listens")),
        memory: Memory::new(true),
        control: UnixStream::connect(path).expect("a server listens"),
        received: Vec::new(),
        sent: 0,
        answered: 0,
        given: 0,
        moved_to: (clock == ClockKind::Virtual).then_some(0),
    };
    bench
        .control
        .set_nonblocking(true)
        .expect("a socket can be told not to block");
    bench.attach();
    if first & 32 == 0 {
        bench.load();
    }
    for (number, line) in lines.split(|byte| *byte == b'\n').take(MOST_LINES).enumerate() {
        bench.say(line);
        bench.work(number);
        if bench.service.is_told_to_end() {
            return;
        }
    }
    bench.settle();
    // A driver's side can still read its registers, but where an order has taken the link.
    bench.driver.read(0, 0, 4);
    bench.settle();
}

struct Bench {
    service: Service,
    driver: Client,
    memory: Memory,
    control: UnixStream,
    received: Vec<u8>,
    /// Lines that want an answer.
    sent: usize,
    answered: usize,
    /// Pages that were given.
    given: u64,
    /// Where a virtual clock was moved to, in nanoseconds; nothing where it goes by itself.
    moved_to: Option<u64>,
}

impl Bench {
    fn attach(&mut self) {
        self.driver.negotiate();
        self.driver.share(&self.memory);
        self.driver.write(7, 4, &6u16.to_le_bytes(), 0);
        self.driver
            .write(0, init_segment::QUEUE_ADDRESS_HIGH, &0u32.to_be_bytes(), 0);
        self.driver.write(
            0,
            init_segment::QUEUE_ADDRESS_LOW,
            &saturated::<u32>(QUEUE.0).to_be_bytes(),
            0,
        );
        self.settle();
    }

    /// As a driver begins: in few words.
    fn load(&mut self) {
        use prm::hca::{EnableHca, InitHca};
        self.ring(&program::plain(0, EnableHca::input().as_bytes(), 12));
        self.give(0, 40);
        self.give(0, 200);
        self.ring(&program::plain(0, InitHca::input().as_bytes(), 16));
        self.ring(&program::plain(0, AllocUar::input().as_bytes(), 16));
        let output = program::output(0, 16, &mut self.memory);
        let output = output.and_then(|output| AllocUarOut::from_prefix(&output).ok());
        let uar = output.unwrap_or_default().uar();
        self.ring(&program::plain(
            1,
            &queue(0x1f_f2be | 1 << 0x0a | 1 << 0x0b, uar),
            16,
        ));
        let output = program::output(1, 16, &mut self.memory);
        let output = output.and_then(|output| CreateEqOut::from_prefix(&output).ok());
        let doorbell = EqDoorbell::new().with_eq_number(output.unwrap_or_default().eq_number());
        let place = UarIndex(uar).bar_offset() + EQ_DOORBELL_ARM;
        self.driver.write(0, place, &doorbell.to_word().to_be_bytes(), 0);
        self.settle();
    }

    /// Rings a command, and lets the device have the time that it takes.
    fn ring(&mut self, wish: &program::Wish) {
        program::put(wish, &mut self.memory);
        let doorbell = (1u32 << wish.slot).to_be_bytes();
        self.driver.write(0, init_segment::COMMAND_DOORBELL, &doorbell, 0);
        self.settle();
        if let Some(moved_to) = &mut self.moved_to {
            *moved_to += 10_000_000;
            let order = format!("{{\"id\":0,\"time\":{{\"advance_to_ns\":{moved_to}}}}}");
            self.say(order.as_bytes());
        }
    }

    fn give(&mut self, id: u16, count: u32) {
        let pages: Vec<_> = (0..u64::from(count))
            .map(|page| prm::Iova(0x1000_0000 + (((self.given + page) % 4096) << 12)))
            .collect();
        self.given += u64::from(count);
        self.ring(&program::manage_pages(31, PagesOp::Give, id, &pages, count));
    }

    /// What a driver does now and then: commands that rules and holds are about.
    fn work(&mut self, number: usize) {
        match number % 4 {
            0 => self.ring(&program::plain(
                2,
                QueryPages::input().with_op_mod(3).as_bytes(),
                16,
            )),
            1 => self.give(0, 8),
            2 => self.ring(&program::manage_pages(31, PagesOp::Take, 0, &[], 16)),
            _ => {
                let mut input = [0; 16];
                input[..2].copy_from_slice(&prm::Opcode::Nop.raw().to_be_bytes());
                self.ring(&program::plain(3, &input, 16));
            }
        }
    }

    fn say(&mut self, line: &[u8]) {
        tell(|| format!("> {}", String::from_utf8_lossy(line)));
        let whole = [line, b"\n"].concat();
        // Longer than the socket takes is longer than a line may be: the rest is sent as it reads.
        let mut rest = &whole[..];
        for _ in 0..PATIENCE {
            match self.control.write(rest) {
                Ok(taken) => rest = &rest[taken..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => panic!("a client that reads is not dropped: {error}"),
            }
            if rest.is_empty() {
                break;
            }
            self.turn();
        }
        assert!(rest.is_empty(), "a client that reads is listened to");
        if !line.iter().all(u8::is_ascii_whitespace) {
            // A wait is answered once it is over.
            let waits = serde_json::from_slice::<Value>(line).is_ok_and(|line| {
                line.get("gate")
                    .is_some_and(|gate| gate.get("wait_held").is_some())
            });
            self.sent += usize::from(!waits);
        }
        self.settle();
    }

    fn turn(&mut self) {
        self.service
            .turn(Some(Duration::ZERO), |_| Ok::<_, std::io::Error>(()))
            .expect("the system waits for nothing");
        assert_eq!(
            self.service.device().silicon().surprise(),
            None,
            "an act touches what it has declared"
        );
        self.driver.receive();
        let mut buffer = [0; 64 << 10];
        loop {
            match self.control.read(&mut buffer) {
                Ok(0) => panic!("a client that reads is not dropped"),
                Ok(count) => self.received.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
        assert!(
            self.received.len() <= LONGEST,
            "an answer has {} bytes and more",
            self.received.len()
        );
        let Some(end) = self.received.iter().rposition(|byte| *byte == b'\n') else {
            return;
        };
        let rest = self.received.split_off(end + 1);
        let whole = std::mem::replace(&mut self.received, rest);
        whole[..end]
            .split(|byte| *byte == b'\n')
            .for_each(|line| self.hear(line));
    }

    fn hear(&mut self, line: &[u8]) {
        tell(|| format!("< {}", String::from_utf8_lossy(line)));
        let answer: Value = serde_json::from_slice(line).expect("an answer is JSON");
        let members = answer.as_object().expect("an answer is an object");
        if members.contains_key("record") || members.contains_key("driver") {
            assert!(!members.contains_key("id"), "news is nobody's: {answer}");
            return;
        }
        let error = members.get("error");
        assert!(
            members.contains_key("id") || error.is_some(),
            "an answer is somebody's: {answer}"
        );
        if let Some(error) = error {
            assert!(error["line"].as_u64().is_some_and(|line| line >= 1), "{answer}");
            assert!(
                error["message"]
                    .as_str()
                    .is_some_and(|message| !message.is_empty()),
                "{answer}"
            );
        }
        self.answered += 1;
    }

    /// Lets the server answer all there is to answer.
    fn settle(&mut self) {
        for round in 0..PATIENCE {
            self.turn();
            if round > 0 && self.answered >= self.sent && !self.driver.waits() {
                return;
            }
        }
        assert!(
            self.answered >= self.sent,
            "{} of {} lines are answered",
            self.answered,
            self.sent
        );
        self.driver.is_answered();
    }
}

/// A CREATE_EQ with one page of memory.
fn queue(mask: u64, uar: u32) -> Vec<u8> {
    let mut head = CreateEq::input().with_event_bitmask_0(mask);
    head.set_context(&EqContext::new().with_log_eq_size(6).with_uar_page(uar));
    head.as_bytes()
        .iter()
        .copied()
        .chain(0x50_0000u64.to_be_bytes())
        .collect()
}
