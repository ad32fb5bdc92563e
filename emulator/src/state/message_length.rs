//! How long a command's input and output may be: firmware follows no chain beyond what the operation can need.
//!
//! The entry tells the lengths, and its first 16 bytes of input the operation. A length out of range is answered with a
//! delivery status before a single mailbox is read. The shortest lengths are those of the operations themselves and are
//! checked when a command is executed (`BAD_INPUT_LENGTH`, `BAD_OUTPUT_LENGTH`).

use prm::event_queue::CreateEqIn;
use prm::pages::{ManagePagesIn, PAGE_ADDRESS_LENGTH};
use prm::{DeliveryStatus, PagesOp};

/// Shortest input and output: their heads.
const HEAD: u32 = 8;

/// Longest input and output in bytes of operations without a list of pages: 16 times the longest that a driver was seen
/// to send, a capability area.
pub(crate) const PLAIN: u32 = 64 << 10;

/// Most pages of an event queue's buffer: the largest number of entries in 4 KiB pages.
pub(crate) const MOST_QUEUE_PAGES: u32 = 1 << 16;

#[expect(clippy::cast_possible_truncation, reason = "small sizes of structures")]
const fn list(head: usize, pages: u32) -> u32 {
    head as u32 + PAGE_ADDRESS_LENGTH as u32 * pages
}

/// Which list of pages the messages of an operation may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum PageList {
    /// None.
    None,
    /// CREATE_EQ: the pages of the buffer, behind the context.
    EventQueue,
    /// MANAGE_PAGES: in the input of a give, in the output of a take.
    ManagePages,
}

impl PageList {
    /// Number of entries in the list of an input of this length.
    pub(crate) fn entries(self, input: u32) -> u64 {
        let head = match self {
            Self::None => return 0,
            Self::EventQueue => CreateEqIn::SIZE,
            Self::ManagePages => ManagePagesIn::SIZE,
        };
        u64::from(input).saturating_sub(head as u64) / PAGE_ADDRESS_LENGTH as u64
    }

    /// Longest input and longest output in bytes of a command with this operation modifier.
    fn longest(self, op_mod: u16, most_pages: u32) -> (u32, u32) {
        let pages = list(ManagePagesIn::SIZE, most_pages);
        match self {
            Self::None => (PLAIN, PLAIN),
            Self::EventQueue => (list(CreateEqIn::SIZE, MOST_QUEUE_PAGES), PLAIN),
            Self::ManagePages => match PagesOp::from_raw(op_mod) {
                PagesOp::Give => (pages, PLAIN),
                PagesOp::Take => (PLAIN, pages),
                PagesOp::CannotGive | PagesOp::Unknown(_) => (PLAIN, PLAIN),
            },
        }
    }

    /// Checks the lengths that an entry tells; `most_pages` is the longest list of one MANAGE_PAGES.
    pub(crate) fn check(
        self,
        op_mod: u16,
        input: u32,
        output: u32,
        most_pages: u32,
    ) -> Result<(), DeliveryStatus> {
        let (longest_input, longest_output) = self.longest(op_mod, most_pages);
        if !(HEAD..=longest_input).contains(&input) {
            return Err(DeliveryStatus::BadInputLength);
        }
        if !(HEAD..=longest_output).contains(&output) {
            return Err(DeliveryStatus::BadOutputLength);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: PageList, op: PagesOp, input: u32, output: u32) -> Result<(), DeliveryStatus> {
        list.check(op.raw(), input, output, 60_000)
    }

    #[test]
    fn a_list_of_pages_may_be_long_on_its_own_side_only() {
        let long = 16 + 8 * 60_000;
        let pages = |op, input, output| check(PageList::ManagePages, op, input, output);
        assert_eq!(pages(PagesOp::Give, long, 16), Ok(()));
        assert_eq!(
            pages(PagesOp::Give, long + 8, 16),
            Err(DeliveryStatus::BadInputLength)
        );
        assert_eq!(
            pages(PagesOp::Give, 16, long),
            Err(DeliveryStatus::BadOutputLength)
        );
        assert_eq!(pages(PagesOp::Take, 16, long), Ok(()));
        assert_eq!(
            pages(PagesOp::Take, long, 16),
            Err(DeliveryStatus::BadInputLength)
        );
        assert_eq!(
            pages(PagesOp::CannotGive, long, 16),
            Err(DeliveryStatus::BadInputLength)
        );
        assert_eq!(
            check(PageList::EventQueue, PagesOp::CannotGive, 272 + 8 * (1 << 16), 16),
            Ok(())
        );
    }

    #[test]
    fn no_message_without_a_list_is_followed_far() {
        let plain = |input, output| check(PageList::None, PagesOp::CannotGive, input, output);
        assert_eq!(plain(4112, 4112), Ok(()));
        assert_eq!(plain(PLAIN + 1, 16), Err(DeliveryStatus::BadInputLength));
        assert_eq!(plain(16, PLAIN + 1), Err(DeliveryStatus::BadOutputLength));
        assert_eq!(plain(7, 16), Err(DeliveryStatus::BadInputLength));
        assert_eq!(plain(8, 7), Err(DeliveryStatus::BadOutputLength));
    }
}
