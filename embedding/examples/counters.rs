//! Loads a driver on the emulator, has firmware ask for pages, and prints both books.

use mlx5_embedding::{Bench, BenchError, Function, HostOperation, RevisionName};

fn main() -> Result<(), BenchError> {
    let device = r#"{ "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
        "eswitch": { "manager": true, "vport_group_manager": true },
        "vfs": { "total": 4, "first_vhca_id": 16 } }"#;
    let mut bench = Bench::of_json(device, RevisionName::Merged)?;
    bench.run(HostOperation::Load)?;
    bench.run(HostOperation::EnableVfs(2))?;
    bench.request_pages(Function::Vf(1), 512)?;

    for (name, pages) in bench.counters().named() {
        println!("{name} {pages}");
    }
    for (owner, pages) in bench.ledger() {
        println!("firmware holds {pages} of {owner}");
    }
    assert_eq!(bench.counters().fw_pages_vfs, 512);
    assert_eq!(bench.differences(), []);
    bench.run(HostOperation::Unload)
}
