//! What a page costs: giving it and reclaiming it, through driver, command interface and firmware, at many numbers of tracked
//! pages and of functions; and how much memory it takes to track one.
//!
//! `cargo bench -p mlx5-cosim --bench pages`

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};
use driver::{HostOperation, RevisionName};
use driver_host::{Account, HostMemory, Limits, Schedule};
use embedding::{InprocWorld, RunSetup};
use emulator::FirmwareOrder;
use emulator::order::PageRequest;
use prm::WireIdentity;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

/// Pages that move in one request.
const BATCH: i32 = 512;

/// First id of the functions that hold pages.
const FIRST_ID: u16 = 0x1000;

fn main() {
    divan::main();
}

/// A loaded driver whose firmware holds `tracked` pages, spread over `functions` owners.
fn world(revision: RevisionName, tracked: u32, functions: u16) -> InprocWorld {
    let device = serde_json::json!({ "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id" });
    let mut world = embedding::world(&RunSetup {
        device: serde_json::from_value(device).expect("a device of the right form"),
        seed: 0,
        page_bytes: 4096,
        revision,
        eswitch_support: true,
        schedule: Schedule::InOrder,
        keep_timeline: false,
        limits: Limits {
            events: u64::MAX,
            ..Limits::default()
        },
    })
    .expect("a plain PF can be built");
    let load = world.start(0, HostOperation::Load);
    world
        .run_until(|world| world.ended_at(load).is_some())
        .expect("load ends");
    let each = (tracked / u32::from(functions)).max(1);
    for owner in 0..functions {
        let mut left = each;
        while left > 0 {
            let part = left.min(BATCH.unsigned_abs());
            request(&mut world, owner, i32::try_from(part).expect("a batch is small"));
            left -= part;
        }
    }
    world
}

fn request(world: &mut InprocWorld, owner: u16, pages: i32) {
    let identity = Some(WireIdentity {
        id: FIRST_ID + owner,
        ec: false,
    });
    let order = FirmwareOrder::RequestPages(PageRequest {
        function: None,
        identity,
        pages,
        release_all: false,
    });
    let done = world.machine_mut().order(&order);
    done.expect("a loaded driver takes page requests");
    world.device_acted();
    world.settle().expect("a request comes to its end");
    drop(world.machine_mut().silicon.take_records());
}

fn give_and_reclaim(bencher: Bencher<'_, '_>, revision: RevisionName, tracked: u32, functions: u16) {
    let mut world = world(revision, tracked, functions);
    let mut owner = 0;
    bencher
        .counter(ItemsCount::new(BATCH.unsigned_abs()))
        .bench_local(|| {
            request(&mut world, owner, BATCH);
            request(&mut world, owner, -BATCH);
            owner = (owner + 1) % functions;
        });
}

/// Give and reclaim of 512 pages; items are pages, given and reclaimed.
#[divan::bench(args = [1_000, 32_000, 1_000_000])]
fn by_tracked_pages(bencher: Bencher<'_, '_>, tracked: u32) {
    give_and_reclaim(bencher, RevisionName::Merged, tracked, 1);
}

/// The same with 32 thousand tracked pages and many owners.
#[divan::bench(args = [1, 64, 4096])]
fn by_functions(bencher: Bencher<'_, '_>, functions: u16) {
    give_and_reclaim(bencher, RevisionName::Merged, 32_768, functions);
}

/// The same in every revision.
#[divan::bench(args = [RevisionName::Reviewed, RevisionName::Merged, RevisionName::Robust])]
fn by_revision(bencher: Bencher<'_, '_>, revision: RevisionName) {
    give_and_reclaim(bencher, revision, 32_000, 1);
}

/// Memory of a whole world, per tracked page: the column `max alloc` in bytes, divided by the argument, after taking off what
/// a world without pages needs (argument 1).
#[divan::bench(args = [1, 1_000, 32_000, 1_000_000], sample_count = 1, sample_size = 1)]
fn memory_per_tracked_page(bencher: Bencher<'_, '_>, tracked: u32) {
    bencher
        .counter(ItemsCount::new(tracked))
        .bench_local(|| black_box(world(RevisionName::Merged, tracked, 1)));
}

/// Host pages that nobody has touched: allocated and mapped only.
#[divan::bench(args = [1_000_000], sample_count = 1, sample_size = 1)]
fn memory_of_untouched_pages(bencher: Bencher<'_, '_>, pages: u32) {
    bencher.counter(ItemsCount::new(pages)).bench_local(|| {
        let mut memory = HostMemory::new(4096);
        for _ in 0..pages {
            let page = memory
                .allocate_page(Account::default())
                .expect("no fault is planned");
            memory
                .map_page(Account::default(), page)
                .expect("no fault is planned");
        }
        black_box(memory)
    });
}
