//! Reactions, and how many rules there may be.

use crate::config::OnDisable;
use crate::order::{
    Answer, AnswerRule, CommandMatch, FirmwareOrder, GateOrder, Hold, HoldPoint, MAX_RULES, OrderError,
    ReactionRule, Reconfigure,
};
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
