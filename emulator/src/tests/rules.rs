//! Reactions, and how many rules there may be.

use crate::config::OnDisable;
use crate::order::{
    Answer, AnswerRule, CommandMatch, FirmwareOrder, GateOrder, Hold, HoldPoint, LONGEST_NAME, MAX_ORDERS,
    MAX_PENDING, MAX_RULES, OrderError, PageRequest, ReactionRule, Reconfigure,
};
use crate::record::Record;
use crate::testing::{Bench, pf_config, request, to};
use prm::hca::{DisableHca, EnableHca, TeardownHca};
use prm::{Command, CommandStatus, Cycles, Function};

#[test]
fn a_refused_teardown_can_make_firmware_forget() {
    let mut bench = Bench::loaded(pf_config());
    let with = Answer::Refuse {
        status: 4,
        syndrome: 0,
    };
    bench.order(&FirmwareOrder::Answer(AnswerRule {
        to: to("TEARDOWN_HCA"),
        with,
        times: 1,
    }));
    let then = vec![FirmwareOrder::Reset {}];
    bench.order(&FirmwareOrder::When(ReactionRule {
        command: to("TEARDOWN_HCA"),
        after_ms: 0,
        then,
        times: 1,
    }));
    let output = bench.run::<TeardownHca>(&TeardownHca::input());
    assert_eq!(output.status(), CommandStatus::BadSystemState);
    assert_eq!(bench.held(Function::Pf), 0);
    bench.connect(Function::Pf);
    bench.load();
    assert_eq!(bench.held(Function::Pf), 240);
}

/// What a rule answers in the place of a page command: a refusal, or that all is well.
const RULED: [Answer; 2] = [
    Answer::Refuse {
        status: 4,
        syndrome: 0,
    },
    Answer::Accept {},
];

/// What the driver has been asked for and has not answered.
fn open(bench: &Bench) -> Vec<i64> {
    let requests = bench.silicon.unanswered_requests();
    requests.into_iter().map(|request| request.pages).collect()
}

#[test]
fn a_page_command_that_a_rule_answers_is_the_drivers_answer_to_the_request() {
    for with in RULED {
        let mut bench = Bench::loaded(pf_config());
        bench.give(16, false, 30).ok();
        bench.order(&FirmwareOrder::Answer(AnswerRule {
            to: to("MANAGE_PAGES"),
            with: with.clone(),
            times: 2,
        }));
        bench.request(Function::Vf(1), 10);
        bench.request(Function::Vf(1), -5);
        assert_eq!(open(&bench), [10, -5]);
        bench.give(16, false, 10);
        assert_eq!(open(&bench), [-5], "{with:?}");
        bench.take(16, false, 5);
        assert!(open(&bench).is_empty(), "{with:?}");
        assert_eq!(bench.held(Function::Vf(1)), 30);
    }
}

#[test]
fn a_give_that_a_rule_answers_may_be_one_from_before_a_release() {
    for with in RULED {
        let mut bench = Bench::loaded(pf_config());
        bench.request(Function::Vf(1), 10);
        let release = PageRequest {
            release_all: true,
            ..request(Function::Vf(1), 0)
        };
        bench.order(&FirmwareOrder::RequestPages(release));
        bench.request(Function::Vf(1), 8);
        bench.order(&FirmwareOrder::Answer(AnswerRule {
            to: to("MANAGE_PAGES"),
            with: with.clone(),
            times: 1,
        }));
        bench.give(16, false, 10);
        // That one answered the void request; the one behind the release is still open.
        assert_eq!(open(&bench), [8], "{with:?}");
    }
}

#[test]
fn a_reaction_comes_after_its_delay() {
    let mut bench = Bench::loaded(pf_config());
    bench.give(16, false, 612).ok();
    let command = CommandMatch {
        function: Some(Function::Vf(1)),
        ..to("DISABLE_HCA")
    };
    let then = vec![FirmwareOrder::RequestPages(request(Function::Vf(1), -100))];
    bench.order(&FirmwareOrder::When(ReactionRule {
        command,
        after_ms: 500,
        then,
        times: 1,
    }));
    bench.order(&FirmwareOrder::Reconfigure(Reconfigure {
        on_disable: Some(OnDisable::Silent),
        ..Default::default()
    }));
    bench
        .run::<DisableHca>(&DisableHca::input().with_function_id(1))
        .ok();
    assert!(bench.silicon.unanswered_requests().is_empty());
    bench.wait(Cycles::from_millis(501));
    assert_eq!(bench.silicon.unanswered_requests()[0].pages, -100);
}

#[test]
fn there_is_a_limit_to_rules_of_each_kind_and_to_those_that_a_reaction_installs() {
    let mut bench = Bench::loaded(pf_config());
    let answer = FirmwareOrder::Answer(AnswerRule {
        to: to("TEARDOWN_HCA"),
        with: Answer::Accept {},
        times: 1,
    });
    let reaction = FirmwareOrder::When(ReactionRule {
        command: to("ENABLE_HCA"),
        after_ms: 0,
        then: vec![answer.clone()],
        times: 0,
    });
    bench.order(&reaction);
    for _ in 0..MAX_RULES + 8 {
        bench
            .run::<EnableHca>(&EnableHca::input().with_function_id(1))
            .ok();
    }
    let mut order = |order: &FirmwareOrder| bench.silicon.order(order, bench.now, &mut bench.hosts);
    assert_eq!(order(&answer), Err(OrderError::TooManyRules));
    (1..MAX_RULES).for_each(|_| order(&reaction).unwrap());
    assert_eq!(order(&reaction), Err(OrderError::TooManyRules));
    let mut hold = |number: usize| {
        let hold = Hold {
            name: number.to_string(),
            command: to("NOP"),
            at: HoldPoint::BeforeExecution,
            posts: Vec::new(),
        };
        bench
            .silicon
            .gate(&GateOrder::Hold(hold), bench.now, &mut bench.hosts)
    };
    (0..MAX_RULES).for_each(|number| hold(number).unwrap());
    assert_eq!(hold(MAX_RULES), Err(OrderError::TooManyRules));
}

fn hold(name: String) -> GateOrder {
    GateOrder::Hold(Hold {
        name,
        command: to("NOP"),
        at: HoldPoint::BeforeExecution,
        posts: Vec::new(),
    })
}

#[test]
fn a_hold_has_a_name_of_bounded_length_and_a_reaction_a_bounded_number_of_orders() {
    let mut bench = Bench::loaded(pf_config());
    let mut gate = |order: &GateOrder| bench.silicon.gate(order, bench.now, &mut bench.hosts);
    assert_eq!(gate(&hold("n".repeat(LONGEST_NAME))), Ok(()));
    assert_eq!(
        gate(&hold("n".repeat(LONGEST_NAME + 1))),
        Err(OrderError::NameTooLong)
    );
    let mut when = |count| {
        let rule = ReactionRule {
            command: to("NOP"),
            after_ms: 0,
            then: vec![FirmwareOrder::Reset {}; count],
            times: 1,
        };
        bench
            .silicon
            .order(&FirmwareOrder::When(rule), bench.now, &mut bench.hosts)
    };
    assert_eq!(when(MAX_ORDERS), Ok(()));
    assert_eq!(when(MAX_ORDERS + 1), Err(OrderError::TooManyOrders));
}

#[test]
fn there_is_a_limit_to_reactions_that_are_pending_and_those_beyond_go_on_record() {
    let mut bench = Bench::loaded(pf_config());
    bench.order(&FirmwareOrder::When(ReactionRule {
        command: to("ENABLE_HCA"),
        after_ms: 3_600_000,
        then: vec![FirmwareOrder::RequestPages(request(Function::Vf(1), 1))],
        times: 0,
    }));
    let refused = |bench: &Bench| {
        let refusals = bench.records.iter().filter(
            |record| matches!(record, Record::Refused { why, .. } if *why == OrderError::TooMuchPending.reason()),
        );
        refusals.count()
    };
    for _ in 0..MAX_PENDING + 8 {
        bench
            .run::<EnableHca>(&EnableHca::input().with_function_id(1))
            .ok();
    }
    assert_eq!(refused(&bench), 8);
    // Those that have been carried out make room.
    bench.wait(Cycles::from_millis(3_700_000));
    bench
        .run::<EnableHca>(&EnableHca::input().with_function_id(1))
        .ok();
    assert_eq!(refused(&bench), 8);
}

#[test]
fn there_is_a_limit_to_page_requests_that_are_open() {
    let mut bench = Bench::loaded(pf_config());
    let mut order = |pages, release_all| {
        let request = PageRequest {
            release_all,
            ..request(Function::Vf(1), pages)
        };
        let order = FirmwareOrder::RequestPages(request);
        bench.silicon.order(&order, bench.now, &mut bench.hosts)
    };
    (0..MAX_PENDING).for_each(|_| order(1, false).unwrap());
    assert_eq!(order(1, false), Err(OrderError::TooManyRequests));
    assert_eq!(order(0, true), Ok(()), "it forgets those of its function");
    assert_eq!(order(1, false), Ok(()));
}

#[test]
fn every_reaction_to_a_command_acts_and_counts_for_itself() {
    let mut bench = Bench::loaded(pf_config());
    for (skip, pages) in [(0, 16), (0, 17), (1, 18)] {
        bench.order(&FirmwareOrder::When(ReactionRule {
            command: CommandMatch {
                skip,
                ..to("ENABLE_HCA")
            },
            after_ms: 0,
            then: vec![FirmwareOrder::RequestPages(request(Function::Vf(1), pages))],
            times: 1,
        }));
    }
    let asked = |bench: &Bench| -> Vec<i64> {
        let requests = bench.silicon.unanswered_requests();
        requests.iter().map(|request| request.pages).collect()
    };
    bench
        .run::<EnableHca>(&EnableHca::input().with_function_id(1))
        .ok();
    assert_eq!(asked(&bench), [16, 17]);
    bench
        .run::<EnableHca>(&EnableHca::input().with_function_id(2))
        .ok();
    assert_eq!(asked(&bench), [16, 17, 18]);
}
