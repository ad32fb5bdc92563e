//! The order of every time and every limit, for any of them.

use super::*;
use proptest::prelude::*;

const DEFAULTS: [u32; 4] = [60_000, 5_000, 120_000, 2_000];

fn timeouts([command_ms, reclaim_pages_ms, reclaim_vfs_pages_ms, pcie_toggle_ms]: [u32; 4]) -> Timeouts {
    Timeouts {
        command_ms,
        reclaim_pages_ms,
        reclaim_vfs_pages_ms,
        pcie_toggle_ms,
        firmware_reset_ms: 60_000,
    }
}

fn demand(times: &[u64], dies: bool) -> Demand {
    Demand {
        times: times.to_vec(),
        dies,
        ..Demand::default()
    }
}

/// A device that nobody reaches for a while.
fn leaves(times: &[u64]) -> Demand {
    Demand {
        leaves: true,
        ..demand(times, true)
    }
}

fn limits_of(given: Timeouts, dies: bool) -> Vec<u64> {
    let command = u64::from(given.command_ms);
    let mut limits = vec![
        command,
        command + GRACE,
        given.reclaim_pages_ms.into(),
        given.reclaim_vfs_pages_ms.into(),
    ];
    limits.extend(dies.then_some(u64::from(given.pcie_toggle_ms) + HEALTH_POLL));
    limits
}

/// Where each limit is: on the wall clock of a run with these limits.
fn scaled_limits(limits: &Limits, dies: bool) -> Vec<u64> {
    let mut places = limits_of(limits.timeouts, dies);
    if dies && !limits.plain {
        // The earliest: the error is seen at once.
        places[4] -= HEALTH_POLL;
    }
    places
}

/// That no time has changed sides.
fn check(given: Timeouts, demand: &Demand) -> Result<Limits, TestCaseError> {
    let limits = Limits::of(given, demand);
    let places = limits_of(given, demand.dies);
    let scaled = scaled_limits(&limits, demand.dies);
    for &time in &demand.times {
        for (&place, &scaled_place) in places.iter().zip(&scaled) {
            let at = limits.time(time);
            prop_assert_eq!(
                time < place,
                at < scaled_place,
                "{} of {} is {} of {}",
                time,
                place,
                at,
                scaled_place
            );
            if !limits.plain {
                prop_assert!(at.abs_diff(scaled_place) >= MARGIN);
            }
        }
    }
    for pair in demand.times.windows(2) {
        let (one, other) = (limits.time(pair[0]), limits.time(pair[1]));
        prop_assert!(one <= other, "{} is {}, {} is {}", pair[0], one, pair[1], other);
    }
    Ok(limits)
}

/// Times that lie at a limit, about it, and anywhere.
fn near(given: Timeouts) -> impl Strategy<Value = u64> {
    let mut places = limits_of(given, true);
    places.push(2 * places[1]);
    (prop::sample::select(places), 0..7_u32, 0..700_000_u64).prop_map(|(place, how, any)| match how {
        0 => place,
        1 => place.saturating_sub(1),
        2 => place + 1,
        3 => place.saturating_sub(any % 3_000),
        4 => place + any % 3_000,
        5 => any % 10_000,
        _ => any,
    })
}

fn any_timeouts() -> impl Strategy<Value = Timeouts> {
    let limit = || prop_oneof![1..200_000_u32, 1..8_000_u32, 11_000..13_000_u32];
    prop_oneof![
        Just(timeouts(DEFAULTS)),
        (limit(), limit(), limit(), limit()).prop_map(|(a, b, c, d)| timeouts([a, b, c, d])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_time_changes_sides(
        (given, mut times) in any_timeouts().prop_flat_map(|given| (Just(given), prop::collection::vec(near(given), 0..6))),
        dies: bool,
        stalls: bool,
        held in 0..12_u64,
        operating in 0..12_u64,
    ) {
        times.sort_unstable();
        let span = |steps| Span { steps, pauses: times.first().copied().into_iter().collect() };
        let demand = Demand { held: span(held), operating: span(operating), times, dies, leaves: false, stalls };
        check(given, &demand)?;
    }

    #[test]
    fn each_time_that_a_file_with_the_usual_limits_may_name_keeps_its_side(time in 0..700_000_u64, dies: bool) {
        let limits = check(timeouts(DEFAULTS), &demand(&[time], dies))?;
        prop_assert!(!limits.plain, "one time can always be told from the usual limits");
    }
}

#[test]
fn a_time_as_long_as_a_limit_is_beyond_it() {
    for dies in [false, true] {
        for place in limits_of(timeouts(DEFAULTS), dies) {
            for time in [place - 1, place, place + 1, 6_000] {
                check(timeouts(DEFAULTS), &demand(&[time], dies)).expect("in order");
            }
        }
    }
}

#[test]
fn short_times_stay_and_what_nobody_times_is_as_short_as_it_can_be() {
    let limits = Limits::of(timeouts(DEFAULTS), &demand(&[], false));
    assert_eq!(limits.timeouts, timeouts([2_000, 5_000, 4_000, 2_000]));
    let limits = Limits::of(timeouts(DEFAULTS), &demand(&[20, 500, 1_500], false));
    assert_eq!([20, 500, 1_500].map(|time| limits.time(time)), [20, 500, 1_500]);
    assert_eq!(limits.timeouts.command_ms, 3_000);
}

#[test]
fn what_a_file_prescribes_is_kept_in_its_order() {
    // A command's limit of 3 s: an answer after 4 s is too late, whatever the usual limit is.
    let given = timeouts([3_000, 5_000, 20_000, 2_000]);
    let limits = Limits::of(given, &demand(&[4_000], false));
    assert!(limits.time(4_000) > u64::from(limits.timeouts.command_ms));
    let given = timeouts([12_000, 5_000, 12_000, 2_000]);
    let limits = Limits::of(given, &demand(&[1_200, 6_000], false));
    assert_eq!(limits.time(1_200), 1_200);
    assert!(limits.time(6_000) < u64::from(limits.timeouts.command_ms));
}

#[test]
fn several_limits_in_a_row_stay_several() {
    let limits = Limits::of(timeouts(DEFAULTS), &demand(&[8 * 65_000], false));
    let command = u64::from(limits.timeouts.command_ms);
    assert!(limits.time(8 * 65_000) > 8 * (command + command / 8 + GRACE));
}

#[test]
fn pauses_in_a_row_reach_the_limit_that_their_sum_reaches() {
    let limits = Limits::of(timeouts(DEFAULTS), &demand(&[30_000, 40_000], false));
    let first = limits.time(30_000);
    let rest = limits.rest(30_000, first, 40_000);
    assert!(first + rest > u64::from(limits.timeouts.command_ms) * 9 / 8);
    assert_eq!(limits.rest(0, 0, 4_000), 0);
}

#[test]
fn a_device_that_comes_back_in_time_does_so_on_the_wall_clock_too() {
    let given = timeouts(DEFAULTS);
    for (time, in_time) in [(20_000, true), (63_999, true), (64_000, false), (90_000, false)] {
        let limits = Limits::of(given, &leaves(&[time]));
        let (toggle, back) = (limits.timeouts.pcie_toggle_ms, limits.timeouts.firmware_reset_ms);
        assert!(!limits.plain && back < given.firmware_reset_ms);
        let (earliest, latest) = (toggle + back, toggle + back + 3_000);
        let at = limits.time(time);
        assert_eq!(
            at < u64::from(earliest),
            in_time,
            "{time} is {at}, the limit {earliest}"
        );
        assert_eq!(
            at > u64::from(latest),
            !in_time,
            "{time} is {at}, the limit {latest}"
        );
    }
}

#[test]
fn where_commands_stall_a_longer_wait_stays_longer() {
    let stalls = Demand {
        stalls: true,
        ..Demand::default()
    };
    let limits = Limits::of(timeouts(DEFAULTS), &stalls).timeouts;
    assert!(limits.reclaim_vfs_pages_ms > limits.command_ms * 9 / 8 + 5_000);
    let limits = Limits::of(timeouts([60_000, 5_000, 20_000, 2_000]), &stalls).timeouts;
    assert!(limits.command_ms > limits.reclaim_vfs_pages_ms * 9 / 8);
}
