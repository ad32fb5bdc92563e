//! Load and unload of the test driver, command by command.

use super::Bench;
use prm::capability::SetHcaCap;
use prm::capability_area::GeneralCapabilities;
use prm::event_queue::DestroyEq;
use prm::hca::{DisableHca, EnableHca, InitHca, SetIssi, TeardownHca};
use prm::pages::{QueryPages, QueryPagesOut};
use prm::uar::{AllocUar, AllocUarOut, DeallocUar};
use prm::{Command, Function, Iova, PageCount, QueryPagesPhase};

impl Bench {
    fn startup_pages(&mut self, phase: QueryPagesPhase, id: u16, ec: bool) {
        let input = QueryPages::input()
            .with_op_mod(phase.raw())
            .with_function_id(id)
            .with_ec_function(ec);
        let wanted: QueryPagesOut = self.run::<QueryPages>(&input).ok().read();
        let count = PageCount::from_bits(wanted.page_count()).0;
        if let Ok(count @ 1..) = u32::try_from(count) {
            self.give(wanted.function_id(), wanted.ec_function(), count).ok();
        }
    }

    /// ENABLE_HCA to INIT_HCA, with the page mode that the device offers.
    pub(crate) fn load_without_events(&mut self) {
        let ec = self.endpoint == Function::Ecpf;
        self.run::<EnableHca>(&EnableHca::input().with_ec_function(ec))
            .ok();
        self.run::<SetIssi>(&SetIssi::input().with_current_issi(1)).ok();
        self.startup_pages(QueryPagesPhase::Boot, 0, ec);
        let maximum = self.capabilities(0);
        self.run_bytes(&Self::set_capabilities(&maximum), 16).ok();
        let vhca_mode = maximum.icm_mng_function_id_mode();
        let id = if vhca_mode { maximum.vhca_id() } else { 0 };
        self.startup_pages(QueryPagesPhase::Init, id, ec && !vhca_mode);
        self.run::<InitHca>(&InitHca::input()).ok();
    }

    pub(crate) fn capabilities(&mut self, op_mod: u16) -> GeneralCapabilities {
        let input = prm::capability::QueryHcaCap::input().with_op_mod(op_mod);
        let output = self.run::<prm::capability::QueryHcaCap>(&input).ok();
        GeneralCapabilities::from_bytes(&output.bytes[16..]).expect("a whole area")
    }

    pub(crate) fn set_capabilities(area: &GeneralCapabilities) -> Vec<u8> {
        SetHcaCap::input()
            .as_bytes()
            .iter()
            .chain(area.as_bytes())
            .copied()
            .collect()
    }

    pub(crate) fn load(&mut self) {
        self.load_without_events();
        self.allocate_uar();
        self.create_eq(1 << 0x0a, 8);
        self.create_eq(0x1f_f2be, 8);
        self.create_eq(1 << 0x0b, 8);
    }

    pub(crate) fn allocate_uar(&mut self) {
        self.uar = self
            .run::<AllocUar>(&AllocUar::input())
            .ok()
            .read::<AllocUarOut>()
            .uar();
    }

    /// Destroys the event queues in the order of an unload, takes all pages of these identities back, and disables.
    pub(crate) fn unload(&mut self, ids: &[u16]) -> Vec<Iova> {
        for number in [3, 2, 1] {
            self.run::<DestroyEq>(&DestroyEq::input().with_eq_number(number))
                .ok();
        }
        self.run::<DeallocUar>(&DeallocUar::input().with_uar(self.uar))
            .ok();
        self.run::<TeardownHca>(&TeardownHca::input()).ok();
        let mut pages = Vec::new();
        for &id in ids {
            loop {
                let taken = Self::taken(&self.take(id, false, 768).ok());
                if taken.is_empty() {
                    break;
                }
                pages.extend(taken);
            }
        }
        let ec = self.endpoint == Function::Ecpf;
        self.run::<DisableHca>(&DisableHca::input().with_ec_function(ec))
            .ok();
        self.queues.clear();
        pages
    }
}
