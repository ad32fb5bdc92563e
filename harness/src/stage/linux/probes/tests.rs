use super::*;

fn counters(pairs: &[(&str, u32)]) -> BTreeMap<String, u32> {
    pairs
        .iter()
        .map(|&(name, value)| (name.to_owned(), value))
        .collect()
}

fn line(seconds: &str, task: u32, rest: &str) -> String {
    format!("         order-7-{task}     [000] .....    {seconds}: {rest}")
}

const BASE: u64 = 0xffff_8880_0001_0000;

fn lesson(own: u32) -> (Vec<String>, BTreeMap<String, u32>) {
    let shown = counters(&[
        ("fw_pages_host_pf", 0),
        ("fw_pages_sfs", 0),
        ("fw_pages_total", 240),
        ("fw_pages_vfs", 0),
    ]);
    let at = [0x10c, 0x108, 0xf0, 0x104].map(|offset| BASE + offset);
    let mut trace = vec![line(
        "1.000001",
        9,
        &format!("begins: (mlx5_pagealloc_init+0x0/0x90 [mlx5_core]) at={BASE:#x} name=\"0000:01:00.0\""),
    )];
    trace.extend(at.map(|at| {
        let rest = format!("shows: (debugfs_u32_get+0x0/0x10) at={at:#x} before={own}");
        line("2.000001", 11, &rest)
    }));
    (trace, shown)
}

#[test]
fn places_are_learnt_and_believed_only_if_they_show_what_a_load_makes() {
    let (trace, shown) = lesson(240);
    let places = Places::learn(&trace, "0000:01:00.0", &shown).expect("learnt");
    assert_eq!((places.offset(SELF), places.offset(TOTAL)), (0x100, 0xf0));
    assert!(
        places
            .events()
            .iter()
            .any(|event| event.ends_with("own=+16(%di):u32"))
    );
    assert!(
        places
            .events()
            .iter()
            .any(|event| event.contains("self=+256(%di):u32"))
    );
    assert_eq!(Places::learn(&trace, "0000:01:00.1", &shown), None);
    let (trace, shown) = lesson(239);
    assert_eq!(Places::learn(&trace, "0000:01:00.0", &shown), None);
}

#[test]
fn the_hidden_counter_comes_with_the_total_and_all_of_them_at_the_end() {
    let mut seen = Seen::default();
    let mut shown = counters(&[("fw_pages_total", 304), ("fw_pages_vfs", 64)]);
    let trace = [
        line("5.000001", 8, "shows: (debugfs_u32_get+0x0/0x10) own=240"),
        line("5.000002", 8, "shows: (debugfs_u32_get+0x0/0x10) own=77"),
    ];
    seen.note(&trace, &mut shown);
    assert_eq!(shown.get("self"), Some(&240));
    let end = "ends: (mlx5_pagealloc_cleanup+0x0/0x30 [mlx5_core]) name=\"0000:01:00.0\" self=4294967256 fw_pages_total=0";
    seen.note(&[line("6.000001", 9, end)], &mut BTreeMap::new());
    assert_eq!(
        seen.last_of("0000:01:00.0"),
        Some(&counters(&[("self", 4_294_967_256), ("fw_pages_total", 0)]))
    );
    assert_eq!(seen.last_of("0000:01:00.1"), None);
}

#[test]
fn a_wait_takes_from_its_beginning_to_its_end_in_one_task() {
    let mut seen = Seen::default();
    let begin = "waits: (mlx5_wait_for_pages+0x0/0x90 [mlx5_core]) name=\"0000:01:00.0\" pages=-512";
    let end = "waited: (mlx5_sriov_disable+0x3/0x90 [mlx5_core] <- mlx5_wait_for_pages) returns=0";
    seen.note(
        &[
            line("6.000001", 9, begin),
            line("6.100001", 7, end),
            line("18.500001", 9, end),
        ],
        &mut BTreeMap::new(),
    );
    assert_eq!(
        seen.take_waits(),
        [PageWait {
            device: "0000:01:00.0".to_owned(),
            pages: -512,
            took: Cycles::from_millis(12_500),
            returns: 0
        }]
    );
}
