//! What a setup says while it works.

/// What a stretch of work is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes of packages.
    Bytes,
    /// Files to compile.
    Files,
}

/// Listens to a setup.
pub trait SetupReport {
    /// Something worth a line.
    fn note(&mut self, text: &str);
    /// Something that will surprise later.
    fn warning(&mut self, text: &str);
    /// A stretch of work begins.
    fn begin(&mut self, doing: &str, total: u64, unit: Unit);
    /// So much of the stretch is done.
    fn advance(&mut self, done: u64);
    /// The stretch is over.
    fn end(&mut self);
}

/// Listens to nothing.
#[derive(Debug)]
pub struct Silence;

impl SetupReport for Silence {
    fn note(&mut self, _: &str) {}
    fn warning(&mut self, _: &str) {}
    fn begin(&mut self, _: &str, _: u64, _: Unit) {}
    fn advance(&mut self, _: u64) {}
    fn end(&mut self) {}
}
