//! What a search pays for: a step, a copy of a world, a way back to it, a task that is made again, a hash; and what a run pays, in
//! pairs of giving and reclaiming.
//!
//! `cargo bench -p mlx5-cosim --bench forks`

use divan::Bencher;
use driver::runtime::TaskId;
use driver::{HostOperation, RevisionName};
use driver_host::{Name, Possible, Walk};
use embedding::{InprocMachine, InprocWorld, RunSetup};
use parts::CanonicalHasher;
use serde_json::json;
use std::hash::Hasher;

fn main() {
    divan::main();
}

/// A loaded PF that can have VFs.
fn loaded() -> InprocWorld {
    let device = json!({
        "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
        "eswitch": { "manager": true, "vport_group_manager": true },
        "vfs": { "total": 3, "first_vhca_id": 16 },
    });
    let device = serde_json::from_value(device).expect("a device of the right form");
    let mut world = embedding::world(&RunSetup::of(device, RevisionName::Merged)).expect("a PF can be built");
    let load = world.start(0, HostOperation::Load);
    let ended = |world: &InprocWorld, task: TaskId| world.ended_at(task).is_some();
    world.run_until(|world| ended(world, load)).expect("load ends");
    world.settle().expect("nothing runs for ever");
    drop(world.machine_mut().silicon.take_records());
    world
}

/// The same with three tasks under way: VFs are enabled, and firmware asks for pages of two functions.
fn three_tasks() -> Walk<InprocMachine> {
    let mut walk = Walk::begin(loaded()).expect("nothing has been started");
    walk.world_mut().start(0, HostOperation::EnableVfs(2));
    walk.let_announce().expect("a step is as announced");
    // As long as there are fewer, whatever comes first.
    for function in ["pf", "vf1"] {
        let order = json!({ "request_pages": { "function": function, "pages": 4 } });
        let order = serde_json::from_value(order).expect("an order of the right form");
        let done = walk.world().machine_mut().order(&order);
        done.expect("a loaded driver takes page requests");
        walk.world_mut().device_acted();
    }
    while walk.world().runtime().tasks().len() < 3 {
        let possible = walk.possible();
        let interrupt = possible
            .iter()
            .find(|possible| matches!(possible, Possible::Now(Name::Interrupt { .. })));
        let next = *interrupt.or(possible.last()).expect("something can happen");
        walk.take(&next).expect("a step is as announced");
    }
    walk
}

/// A copy of a world with three tasks under way.
#[divan::bench]
fn snapshot(bencher: Bencher<'_, '_>) {
    let walk = three_tasks();
    bencher.bench_local(|| walk.snapshot());
}

/// A step, and the way back to where the world stood before it: what a fork costs beside its step.
#[divan::bench]
fn step_and_go_back(bencher: Bencher<'_, '_>) {
    let mut walk = three_tasks();
    let here = walk.snapshot();
    let step = walk.possible()[0];
    bencher.bench_local(|| {
        walk.take(&step).expect("a step is as announced");
        walk.go_back(&here);
    });
}

/// The same from two standings in turn, so that the task that steps has to be made again each time: 200 steps into its operation.
#[divan::bench]
fn step_of_a_task_made_again(bencher: Bencher<'_, '_>) {
    let mut walk = three_tasks();
    for _ in 0..200 {
        let possible = walk.possible();
        let Some(step) = possible.first() else { break };
        walk.take(step).expect("a step is as announced");
    }
    let here = walk.snapshot();
    let step = walk.possible()[0];
    walk.take(&step).expect("a step is as announced");
    let there = walk.snapshot();
    bencher.bench_local(|| {
        walk.go_back(&here);
        walk.take(&step).expect("a step is as announced");
        walk.go_back(&there);
    });
}

/// All by which a world differs from another one, after one step.
#[divan::bench]
fn step_hash_and_go_back(bencher: Bencher<'_, '_>) {
    let mut walk = three_tasks();
    let here = walk.snapshot();
    let step = walk.possible()[0];
    bencher.bench_local(|| {
        walk.take(&step).expect("a step is as announced");
        let mut hasher = CanonicalHasher::default();
        walk.world().hash_drivers_and_tasks(&mut hasher);
        walk.world().machine().hash_all(&mut hasher);
        walk.go_back(&here);
        hasher.finish()
    });
}

/// One page given and one reclaimed, with nobody who explores.
#[divan::bench(args = [RevisionName::Reviewed, RevisionName::Merged, RevisionName::Robust])]
fn pair(bencher: Bencher<'_, '_>, revision: RevisionName) {
    let device = json!({ "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id" });
    let device = serde_json::from_value(device).expect("a device of the right form");
    let mut world = embedding::world(&RunSetup::of(device, revision)).expect("a PF can be built");
    let load = world.start(0, HostOperation::Load);
    world
        .run_until(|world| world.ended_at(load).is_some())
        .expect("load ends");
    let orders = [1, -1].map(|pages| {
        let order = json!({ "request_pages": { "function": "pf", "pages": pages } });
        serde_json::from_value(order).expect("an order of the right form")
    });
    bencher.bench_local(|| {
        for order in &orders {
            let done = world.machine_mut().order(order);
            done.expect("a loaded driver takes page requests");
            world.device_acted();
            world.settle().expect("a request comes to its end");
        }
        drop(world.machine_mut().silicon.take_records());
    });
}
