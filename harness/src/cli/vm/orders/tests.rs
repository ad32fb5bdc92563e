//! Orders between a client of the control socket and a guest that the test plays.

use super::*;
use crate::cli::serving::service::ServiceOptions;
use device_server::ServerOptions;
use files::Scratch;
use guest_protocol::{Ready, Request, from_line, to_line};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

/// A device without a driver, its control socket with a client, and the port where a guest can connect.
struct Bench {
    service: Service,
    orders: Orders,
    client: BufReader<UnixStream>,
    folder: Scratch,
}

impl Bench {
    fn new() -> Self {
        let folder = Scratch::new().unwrap();
        let control = folder.path().join("control.sock");
        let device = json!({ "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id" });
        let mut service = Service::start(ServiceOptions {
            config: serde_json::from_value(device).unwrap(),
            seed: 0,
            folder: folder.path(),
            control: Some(&control),
            commands: None,
            server: ServerOptions::default(),
        })
        .unwrap();
        let agent = Agent::listen(&folder.path().join("agent.sock")).unwrap();
        let orders = Orders::for_guest(agent, &mut service).unwrap();
        let client = UnixStream::connect(&control).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self {
            service,
            orders,
            client: BufReader::new(client),
            folder,
        }
    }

    fn turn(&mut self) {
        // At most this long, where nobody has anything to say.
        let called = self.service.turn(Some(Duration::from_millis(1))).unwrap();
        self.orders.go_on(&mut self.service, called).unwrap();
    }

    fn turns(&mut self) {
        (0..10).for_each(|_| self.turn());
    }

    /// Asks for a module's removal.
    fn order(&mut self, id: u64) {
        let request = json!({ "id": id, "guest": { "rmmod": { "name": "mlx5_core" } } });
        writeln!(self.client.get_mut(), "{request}").unwrap();
        self.turns();
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.client.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    #[track_caller]
    fn expect_error(&mut self, id: u64, words: &str) {
        let answer = self.answer();
        assert_eq!(answer["id"], id, "{answer}");
        assert_eq!(answer["error"]["message"], words);
    }

    /// The guest's program, once it has connected and said what it speaks.
    fn guest(&mut self, version: u32) -> BufReader<UnixStream> {
        let mut guest = UnixStream::connect(self.folder.path().join("agent.sock")).unwrap();
        guest.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let ready = FromGuest::Ready(Ready {
            version,
            kernel: "7.2".to_owned(),
            modules: Vec::new(),
            microseconds: 0,
        });
        guest.write_all(to_line(&ready).unwrap().as_bytes()).unwrap();
        self.turns();
        BufReader::new(guest)
    }
}

fn request(guest: &mut BufReader<UnixStream>) -> Request {
    let mut line = String::new();
    guest.read_line(&mut line).unwrap();
    from_line(&line).unwrap()
}

fn reply(id: u32, outcome: Outcome) -> Reply {
    Reply {
        id,
        microseconds: 0,
        outcome,
    }
}

#[test]
fn an_order_is_kept_until_the_guest_listens_and_answered_when_it_has_done_it() {
    let mut bench = Bench::new();
    bench.order(1);
    assert!(bench.orders.longest_wait(bench.service.device().now()) > Some(Duration::from_secs(100)));
    let mut guest = bench.guest(VERSION);
    assert_eq!(bench.orders.longest_wait(Cycles(0)), None);
    bench.order(2);
    let numbers = [request(&mut guest).id, request(&mut guest).id];
    for number in numbers.into_iter().rev() {
        let done = FromGuest::Reply(reply(number, Outcome::Ok(Answer::Done)));
        guest
            .get_mut()
            .write_all(to_line(&done).unwrap().as_bytes())
            .unwrap();
    }
    bench.turns();
    assert_eq!(bench.answer(), json!({ "id": 2, "guest": {} }));
    assert_eq!(bench.answer(), json!({ "id": 1, "guest": {} }));
}

#[test]
fn a_guest_that_never_listens_is_waited_for_so_long_and_no_longer() {
    let mut bench = Bench::new();
    bench.orders.limit = Cycles::from_millis(50);
    bench.order(1);
    while bench.orders.longest_wait(Cycles(0)).is_some() {
        bench.turn();
    }
    bench.expect_error(1, "the guest's program takes no orders yet, after 0 s");
}

#[test]
fn what_a_guest_leaves_that_ends_is_an_error_and_so_is_what_comes_later() {
    let mut bench = Bench::new();
    let mut guest = bench.guest(VERSION);
    bench.order(1);
    request(&mut guest);
    drop(guest);
    bench.turns();
    bench.expect_error(1, "the guest has ended");
    bench.order(2);
    bench.expect_error(2, "the guest has ended");
}

#[test]
fn a_guest_of_another_version_is_refused() {
    let mut bench = Bench::new();
    bench.order(1);
    let _guest = bench.guest(VERSION + 1);
    let words = format!(
        "the guest speaks version {} of the protocol, not {VERSION}",
        VERSION + 1
    );
    bench.expect_error(1, &words);
}

#[test]
fn a_guest_of_the_users_own_takes_none() {
    let mut bench = Bench::new();
    bench.orders = Orders::for_foreign(Path::new("own.img"), &mut bench.service);
    bench.order(1);
    bench.expect_error(
        1,
        "the guest boots own.img, which takes no orders; without --initrd it does",
    );
}

#[test]
fn each_order_has_its_answer_and_the_kernels_words_go_through() {
    let rmmod = GuestOrder::Rmmod {
        name: "mlx5_core".to_owned(),
    };
    let done = || reply(1, Outcome::Ok(Answer::Done));
    assert_eq!(answer_to(&rmmod, done()), Ok(GuestAnswer::default()));
    let words = answer_to(&GuestOrder::Counters {}, done()).unwrap_err();
    assert!(words.message.contains("something else"), "{words}");
    let refusal = Refusal {
        errno: 2,
        what: "remove mlx5_core: No such file or directory".to_owned(),
    };
    let refused = answer_to(&rmmod, reply(1, Outcome::Error(refusal.clone()))).unwrap_err();
    assert_eq!((refused.message, refused.errno), (refusal.what, Some(2)));
    let printed = LogLine {
        sequence: 7,
        microseconds: 12_345_678,
        level: 6,
        text: "mlx5_core".to_owned(),
    };
    let lines = Outcome::Ok(Answer::Lines(vec![printed]));
    let answer = answer_to(&GuestOrder::Dmesg {}, reply(1, lines));
    let lines = answer.unwrap().dmesg.unwrap();
    assert_eq!((lines[0].seconds, lines[0].level), (12.345_678, 6));
}
