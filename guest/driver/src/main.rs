//! Our driver in a guest: it drives functions through VFIO, and takes orders from a harness.

mod clock;
mod port;

fn main() {
    let clock = port::Port::open("time", None).map(clock::ControlClock::new);
    println!("{clock:?}");
}
