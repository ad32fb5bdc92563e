//! temporary
#![allow(clippy::all, clippy::unwrap_used)]
use device_server::DeviceServer;
use std::io::BufRead;
use std::os::fd::AsFd;
use std::time::Duration;
fn main() {
    let mut args = std::env::args().skip(1);
    let config = serde_json::from_str(&args.next().unwrap()).unwrap();
    let dir = args.next().unwrap();
    let mut s = DeviceServer::bind(config, 1, dir.as_ref()).unwrap();
    for slot in s.slots() { println!("{} {} {}", slot.devfn, slot.function, slot.socket.display()); }
    let stdin = std::io::stdin();
    loop {
        let r = s.turn(&[stdin.as_fd()], Duration::from_secs(5)).unwrap();
        for rec in s.take_records() { println!("{}", serde_json::to_string(&rec).unwrap()); }
        if r[0] {
            let mut line = String::new();
            if stdin.lock().read_line(&mut line).unwrap() == 0 { break; }
            let line = line.trim();
            if line == "counters" { println!("{}", serde_json::to_string(&s.counters()).unwrap()); continue; }
            if line == "ledger" { for sup in s.silicon().endpoints() { for f in s.silicon().functions() { let n = s.silicon().ledger().pages(sup, emulator::Owner::from(f)); if n > 0 { println!("ledger {sup} {f} {n}"); } } } continue; }
            match serde_json::from_str(line) { Ok(o) => println!("order {:?}", s.order(&o)), Err(e) => println!("bad {e}") }
        }
    }
    println!("{}", serde_json::to_string(&s.counters()).unwrap());
}
