//! Page commands that complete after their caller gave up.

use super::reclaim::listed_pages;
use super::reporting::report_put;
use crate::handle::Driver;
use crate::message::MessageKind;
use crate::runtime::Object;
use crate::state::command::LateCompletion;
use crate::state::pages::{PutRules, Unsettled};
use prm::command::OutputHeader;
use prm::pages::ManagePagesOut;
use prm::saturated;
use prm::{CommandStatus, DeliveryStatus, Opcode};

/// A command that had run into its limit has completed. Only revisions that keep pages aside for it
/// have noted its ticket; for the others nothing happens.
pub(crate) async fn on_late_completion(driver: &Driver, late: &LateCompletion) {
    if late.opcode != Opcode::ManagePages {
        return;
    }
    driver.runtime().follow(driver.writes(Object::PageBook)).await;
    let Some(unsettled) = driver.go_on(|state, _| state.pages.book.quarantine.settle(late.ticket)) else {
        return;
    };
    let executed = late.delivery == DeliveryStatus::Ok
        && OutputHeader::from_prefix(&late.output)
            .is_ok_and(|head| head.command_status() == CommandStatus::Ok);
    match unsettled {
        Unsettled::Give { owner, pages } if executed => {
            let adopted = driver.go_on(|state, _| state.pages.book.adopt(owner.key, &pages));
            driver.message(MessageKind::PagesAdopted {
                key: owner.key,
                pages: adopted,
            });
        }
        Unsettled::Take { owner, asked } if executed && late.whole => {
            let claimed = ManagePagesOut::from_prefix(&late.output)
                .unwrap_or_default()
                .entry_count();
            let listed = listed_pages(&late.output, claimed.min(asked));
            let report =
                driver.go_on(|state, bus| state.pages.book.put(bus, owner.key, listed, rules(driver)));
            report_put(driver, owner.key, &report);
        }
        unsettled => drop_pages(driver, unsettled),
    }
}

/// The device was reset: it uses nothing that was set aside.
pub(crate) async fn on_device_reset(driver: &Driver) {
    driver.runtime().point(driver.writes(Object::PageBook)).await;
    let unsettled = driver.go_on(|state, bus| {
        state.pages.book.empty_quarantine(bus);
        state.pages.book.quarantine.settle_all()
    });
    for command in unsettled {
        drop_pages(driver, command);
    }
}

/// Firmware did not take the pages and never will.
fn drop_pages(driver: &Driver, unsettled: Unsettled) {
    if let Unsettled::Give { owner, pages } = unsettled {
        driver.go_on(|state, bus| {
            let book = &mut state.pages.book;
            let dropped = saturated::<u32>(pages.len());
            book.counters.fw_pages_give_dropped = book.counters.fw_pages_give_dropped.wrapping_add(dropped);
            book.put(bus, owner.key, pages.into_iter().rev(), rules(driver));
        });
    }
}

fn rules(driver: &Driver) -> PutRules {
    let revision = driver.revision();
    PutRules {
        accounting: revision.accounting(),
        check: revision.return_check(),
    }
}
