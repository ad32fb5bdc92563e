//! Whom the question for the init pages may name, and whom its answer names.

use crate::config::QueryPagesId;
use crate::testing::{Bench, ecpf_config, pf_config};
use prm::hca::EnableHca;
use prm::pages::{QueryPages, QueryPagesOut};
use prm::{Command, CommandStatus, Function, PageMode, QueryPagesPhase};

/// The status of a question for the init pages of a function, and whom the answer names: `(id, ec)`.
fn init_question(bench: &mut Bench, id: u16, ec: bool) -> (CommandStatus, (u16, bool)) {
    let question = QueryPages::input()
        .with_op_mod(QueryPagesPhase::Init.raw())
        .with_function_id(id)
        .with_ec_function(ec);
    let output = bench.run::<QueryPages>(&question);
    let answer = output.read::<QueryPagesOut>();
    (output.status(), (answer.function_id(), answer.ec_function()))
}

#[test]
fn a_device_that_ignores_the_mode_stays_with_function_ids() {
    for (knob, status, id) in [
        (QueryPagesId::Ignore, CommandStatus::Ok, 0),
        (QueryPagesId::Reject, CommandStatus::BadParameter, 0),
        (QueryPagesId::Literal, CommandStatus::Ok, 2),
    ] {
        let mut config = ecpf_config();
        config.firmware.ignores_page_mode = true;
        config.firmware.query_pages_id = knob;
        let mut bench = Bench::new(config);
        bench
            .run::<EnableHca>(&EnableHca::input().with_ec_function(true))
            .ok();
        let maximum = bench.capabilities(0);
        bench.run_bytes(&Bench::set_capabilities(&maximum), 16).ok();
        assert!(maximum.icm_mng_function_id_mode());
        assert!(!bench.capabilities(1).icm_mng_function_id_mode());
        let (answered, (named, _)) = init_question(&mut bench, 2, false);
        assert_eq!(answered, status);
        if status == CommandStatus::Ok {
            assert_eq!(named, id);
        }
        bench.give(0, false, 1).ok();
        assert_eq!(bench.held(Function::HostPf), 1);
    }
}

#[test]
fn the_init_question_with_id_0_is_the_own_one_in_function_id_mode() {
    for knob in [QueryPagesId::Ignore, QueryPagesId::Reject, QueryPagesId::Literal] {
        let mut config = ecpf_config();
        config.page_mode = PageMode::FuncId;
        config.firmware.query_pages_id = knob;
        let mut bench = Bench::loaded(config);
        // Function 0 without the bit is the host's PF; whoever asks is meant all the same.
        assert_eq!(
            init_question(&mut bench, 0, false),
            (CommandStatus::Ok, (0, true))
        );
    }
}

#[test]
fn the_init_question_in_vhca_id_mode_has_to_name_the_one_that_asks() {
    let mut bench = Bench::loaded(pf_config());
    let own = bench.silicon.identity_of(Function::Pf, Function::Pf).unwrap().id;
    assert_eq!(
        init_question(&mut bench, own, false),
        (CommandStatus::Ok, (own, false))
    );
    for other in [0, 16, 999] {
        let (status, _) = init_question(&mut bench, other, false);
        assert_eq!(status, CommandStatus::BadParameter, "{other}");
    }
}
