//! What the acts of the silicon touch: seen, declared, and in conflict.

use crate::Pace;
use crate::config::{CommandExecution, ScalableFunctions};
use crate::order::{
    Answer, AnswerRule, DeviceError, FirmwareOrder, GateOrder, Hold, HoldPoint, InterruptFate, InterruptRule,
    LinkState, QueueKind, ReactionRule, Reconfigure, SpuriousInterrupt, StrayEvent,
};
use crate::state::action::{Act, Action};
use crate::state::declaration::Declarations;
use crate::state::footprint::Footprint;
use crate::state::place::Thing;
use crate::testing::{Bench, PAGE_SLOT, functions_changed, pf_config, request, to};
use parts::Touch;
use prm::access_register::{AccessRegister, RegisterAccess, RegisterId};
use prm::eswitch::QueryEswFunctions;
use prm::flow_table::CreateFlowTable;
use prm::hca::{DisableHca, EnableHca, QueryAdapter, QueryIssi};
use prm::init_segment as segment;
use prm::pages::ManagePages;
use prm::port::PortMtu;
use prm::subfunction::{AllocSf, ModifyVhcaState};
use prm::vport::ModifyVportState;
use prm::{Command, Cycles, Function, Opcode, PagesOp};
use std::collections::BTreeMap;

/// The event queue of page requests.
const PAGES: u8 = 3;

/// A silicon whose footprints are kept, with a gap in its declarations or none.
fn watched(declarations: Declarations) -> Bench {
    let mut config = pf_config();
    config.firmware.command_execution = CommandExecution::Serial;
    config.sfs = ScalableFunctions {
        max: 4,
        base_id: 0x8000,
        first_vhca_id: 128,
    };
    let mut bench = Bench::new(config);
    bench.expects_surprise = true;
    bench.silicon.watch.declarations = declarations;
    bench.silicon.keep_footprints();
    bench
}

/// A story that comes by every place.
fn story(declarations: Declarations) -> Bench {
    let mut bench = watched(declarations);
    bench.load();
    for register in [
        segment::HEALTH_COUNTER,
        segment::INITIALIZING,
        segment::QUEUE_ADDRESS_HIGH,
    ] {
        bench.read(register);
    }
    exchange_pages(&mut bench);
    ask_for_much(&mut bench);
    give_orders(&mut bench);
    work_in_portions(&mut bench);
    let now = bench.now;
    bench
        .silicon
        .reset_function(Function::Vf(1), now, &mut bench.hosts);
    bench.order(&FirmwareOrder::Reset {});
    bench.connect(Function::Pf);
    bench.silicon.reset_function(Function::Pf, now, &mut bench.hosts);
    bench.order(&FirmwareOrder::Link(LinkState::Down));
    bench.order(&FirmwareOrder::Link(LinkState::Up));
    bench
}

fn exchange_pages(bench: &mut Bench) {
    let vf = EnableHca::input().with_function_id(1);
    bench.run::<EnableHca>(&vf).ok();
    bench.request(Function::Vf(1), 4);
    bench.give(16, false, 4).ok();
    bench.take(16, false, 2).ok();
    bench.request(Function::Vf(1), 1);
    let cannot = ManagePages::input()
        .with_op_mod(PagesOp::CannotGive.raw())
        .with_function_id(16);
    bench.run_bytes(cannot.as_bytes(), 16).ok();
    // Twice: the second one takes the first one's return off the agenda.
    for _ in 0..2 {
        bench
            .run::<DisableHca>(&DisableHca::input().with_function_id(1))
            .ok();
    }
    bench.run::<EnableHca>(&vf).ok();
    bench.wait(Cycles::from_millis(10));
}

fn ask_for_much(bench: &mut Bench) {
    let down = ModifyVportState::input()
        .with_op_mod(1)
        .with_other_vport(true)
        .with_vport_number(2);
    bench.run::<ModifyVportState>(&down).ok();
    bench.run::<CreateFlowTable>(&CreateFlowTable::input()).ok();
    bench.run::<QueryEswFunctions>(&QueryEswFunctions::input()).ok();
    let sf = 0x8002;
    bench.run::<AllocSf>(&AllocSf::input().with_function_id(sf)).ok();
    let arm = ModifyVhcaState::input()
        .with_function_id(sf)
        .with_select_arm_change_event(true)
        .with_arm_change_event(true);
    bench.run::<ModifyVhcaState>(&arm).ok();
    bench
        .run::<EnableHca>(&EnableHca::input().with_function_id(sf))
        .ok();
    let head = AccessRegister::input()
        .with_op_mod(RegisterAccess::Read.raw())
        .with_register_id(RegisterId::PortMtu.raw());
    let mtu = PortMtu::new().with_local_port(1);
    let input = [head.as_bytes().as_slice(), mtu.as_bytes()].concat();
    bench.run_bytes(&input, 64).ok();
}

fn give_orders(bench: &mut Bench) {
    let requests = vec![request(Function::Vf(1), 2)];
    let needs = |requests| AnswerRule {
        to: to("QUERY_ISSI"),
        with: Answer::Needs { requests },
        times: 1,
    };
    bench.order(&FirmwareOrder::Answer(needs(requests)));
    let waiting = bench.ring(0, QueryIssi::input().as_bytes(), 112);
    bench.settle();
    bench.give(16, false, 2).ok();
    bench.settle();
    bench.poll(waiting).expect("it has its pages").ok();
    bench.order(&FirmwareOrder::When(ReactionRule {
        command: to("QUERY_ADAPTER"),
        after_ms: 5,
        then: vec![FirmwareOrder::VportChange { vport: 1 }],
        times: 1,
    }));
    for at in [
        HoldPoint::BeforeExecution,
        HoldPoint::BeforeCompletion,
        HoldPoint::BeforeEvent,
    ] {
        bench.gate(&GateOrder::Hold(Hold {
            name: "held".into(),
            command: to("QUERY_ADAPTER"),
            at,
            posts: vec![request(Function::Pf, 1)],
        }));
        bench.ring(0, QueryAdapter::input().as_bytes(), 272);
        bench.settle();
        bench.gate(&GateOrder::Release { name: "held".into() });
        bench.settle();
    }
    bench.wait(Cycles::from_millis(10));
    bench.order(&functions_changed(0));
    late_interrupt(bench);
    bench.order(&FirmwareOrder::StrayEvent(StrayEvent::HostVfs { count: 9 }));
    bench.order(&FirmwareOrder::DeviceError(DeviceError {
        syndrome: 1,
        fatal: false,
    }));
    bench.order(&FirmwareOrder::Reconfigure(Reconfigure {
        boot: Some(3),
        ..Default::default()
    }));
}

fn late_interrupt(bench: &mut Bench) {
    let queue = QueueKind::Pages;
    bench.order(&FirmwareOrder::SpuriousInterrupt(SpuriousInterrupt { queue }));
    bench.events(PAGES);
    bench.arm(PAGES, true);
    bench.order(&FirmwareOrder::Interrupts(InterruptRule {
        queue,
        next: InterruptFate::Late { after_ms: 5 },
        times: 1,
    }));
    bench.request(Function::Pf, 1);
    bench.wait(Cycles::from_millis(10));
}

fn work_in_portions(bench: &mut Bench) {
    bench.silicon.set_pace(Pace::Portions);
    let pages = bench.pages(5_000);
    bench.ring(PAGE_SLOT, &Bench::give_input(5, false, &pages), 16);
    loop {
        while bench.silicon.work(bench.now, &mut bench.hosts) {}
        match bench.silicon.next_in_service() {
            Some(due) => bench.now = bench.now.max(due),
            None => break,
        }
    }
    bench.silicon.set_pace(Pace::Whole);
}

/// What each action was seen to do to each thing in the story.
fn seen() -> BTreeMap<(Action, Thing), Touch> {
    let mut bench = story(Declarations::default());
    assert_eq!(bench.silicon.surprise(), None);
    let mut seen = BTreeMap::new();
    for footprint in bench.silicon.take_footprints() {
        for (place, touch) in footprint.places() {
            let known = seen.entry((footprint.act.action, place.thing)).or_insert(touch);
            *known = *known | touch;
        }
    }
    seen
}

#[test]
fn a_declaration_that_is_taken_away_is_missed_wherever_it_was_needed() {
    let seen = seen();
    for thing in Thing::ALL {
        let touched = seen.keys().any(|&(_, touched)| touched == thing);
        assert!(touched, "the story comes by {thing}");
    }
    for ((action, thing), touch) in seen {
        assert!(action.may_touch(thing, touch));
        let bench = story(Declarations::without(action, thing));
        let surprise = bench.silicon.surprise().expect("a gap in the declarations");
        assert_eq!((surprise.act.action, surprise.place.thing), (action, thing));
        let text = surprise.to_string();
        assert!(
            text.contains(&action.to_string()) && text.contains(&thing.to_string()),
            "{text}"
        );
    }
}

#[test]
fn acts_that_were_seen_to_conflict_may_by_what_they_declare() {
    let mut bench = story(Declarations::default());
    let mut by_act: BTreeMap<Act, Vec<Footprint>> = BTreeMap::new();
    for footprint in bench.silicon.take_footprints() {
        for (place, _) in footprint.places() {
            assert!(
                place.thing.is_of_functions() || place.function.is_none(),
                "{place}"
            );
        }
        by_act.entry(footprint.act).or_default().push(footprint);
    }
    let mut independent = 0;
    for (one, ones) in &by_act {
        for (other, others) in &by_act {
            let seen = ones
                .iter()
                .any(|one| others.iter().any(|other| one.conflicts_with(other)));
            let may = one.may_conflict_with(*other);
            assert!(may || !seen, "{one} and {other}");
            independent += usize::from(!may);
        }
    }
    assert!(independent > 0, "some never meet");
}

#[test]
fn a_surprise_says_who_touched_what() {
    let execution = Action::Execution(Opcode::ManagePages);
    let bench = story(Declarations::without(execution, Thing::Ledger));
    assert_eq!(
        bench.silicon.surprise().expect("a gap").to_string(),
        "`execution of MANAGE_PAGES` at pf changes the ledger, which it may not"
    );
    let fetch = story(Declarations::without(Action::Fetch, Thing::Slot));
    assert_eq!(
        fetch.silicon.surprise().expect("a gap").to_string(),
        "`fetching of a command` at pf changes slot 0 of pf, which it may not"
    );
}
