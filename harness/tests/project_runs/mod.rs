//! Every run of the project, for tests that play it elsewhere: there it is what it is in one process, to the last byte.
//!
//! * [`run`] - a run, and how it is compared
//! * [`order`] - the order in which they are tested
//! * [`pool`] - stages that tests share
//! * [`trials`] - a test for each run, and all of them in an order that is drawn

#[path = "../order/mod.rs"]
pub mod order;
pub mod pool;
pub mod run;
pub mod trials;
