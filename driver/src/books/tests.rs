//! Books cross a process border without a change.

use super::*;

#[test]
fn books_read_back_as_they_were_written() {
    let key = OwnerKey(0x1_0003);
    let books = DriverBooks {
        counters: Counters {
            fw_pages_total: u32::MAX,
            own: 7,
            ..Counters::default()
        },
        page_mode: PageMode::VhcaId,
        roots: BTreeMap::from([(key, 5)]),
        owners: vec![OwnerView {
            key,
            id: 3,
            ec: true,
            mode: PageMode::FuncId,
            pages: 5,
            set_aside: 1,
            release_queued: true,
        }],
        vhca_map: BTreeMap::from([(VhcaId(9), FunctionType::Spf)]),
        enabled_vports: -1,
        page_waits: vec![PageWait {
            began: Cycles(1),
            ended: Cycles(2),
            waited_for: FunctionType::EcVf,
            outcome: PageWaitOutcome::TimedOut,
        }],
        numvfs: 4,
        bound: true,
        ..DriverBooks::default()
    };
    let text = serde_json::to_string(&books).unwrap();
    assert_eq!(
        serde_json::from_str::<DriverBooks>(&text).unwrap(),
        books,
        "{text}"
    );
}

#[test]
fn a_key_is_shown_as_the_kernel_shows_it() {
    assert_eq!(OwnerKey(0x1_0003).to_string(), "0x10003");
}
