//! How long a command's input and output may be: firmware follows no chain beyond what the operation can need.
//!
//! The entry tells the lengths, and its first 16 bytes of input the operation. A length out of range is answered with a
//! delivery status before a single mailbox is read. The shortest lengths are those of the operations themselves and are
//! checked when a command is executed (`BAD_INPUT_LENGTH`, `BAD_OUTPUT_LENGTH`).

use prm::command::InputHeader;
use prm::event_queue::CreateEqIn;
use prm::pages::{ManagePagesIn, PAGE_ADDRESS_LENGTH};
use prm::{DeliveryStatus, Opcode, PagesOp};

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

/// Longest input and longest output in bytes of the command that begins with these 16 bytes.
fn longest(inline_input: &[u8], most_pages: u32) -> (u32, u32) {
    let pages = list(ManagePagesIn::SIZE, most_pages);
    let head = InputHeader::from_prefix(inline_input).unwrap_or_default();
    match head.operation() {
        Opcode::ManagePages => match PagesOp::from_raw(head.op_mod()) {
            PagesOp::Give => (pages, PLAIN),
            PagesOp::Take => (PLAIN, pages),
            PagesOp::CannotGive | PagesOp::Unknown(_) => (PLAIN, PLAIN),
        },
        Opcode::CreateEq => (list(CreateEqIn::SIZE, MOST_QUEUE_PAGES), PLAIN),
        _ => (PLAIN, PLAIN),
    }
}

/// Checks the lengths that an entry tells; `most_pages` is the longest list of one MANAGE_PAGES.
pub(crate) fn check(
    inline_input: &[u8],
    input: u32,
    output: u32,
    most_pages: u32,
) -> Result<(), DeliveryStatus> {
    let (longest_input, longest_output) = longest(inline_input, most_pages);
    if !(HEAD..=longest_input).contains(&input) {
        return Err(DeliveryStatus::BadInputLength);
    }
    if !(HEAD..=longest_output).contains(&output) {
        return Err(DeliveryStatus::BadOutputLength);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use prm::command::Command;
    use prm::pages::ManagePages;

    fn check(inline_input: &[u8], input: u32, output: u32) -> Result<(), DeliveryStatus> {
        super::check(inline_input, input, output, 60_000)
    }

    fn of(opcode: Opcode, op_mod: u16) -> Vec<u8> {
        let head = ManagePages::input().with_op_mod(op_mod);
        let mut bytes = head.as_bytes().to_vec();
        bytes[..2].copy_from_slice(&opcode.raw().to_be_bytes());
        bytes
    }

    #[test]
    fn a_list_of_pages_may_be_long_on_its_own_side_only() {
        let long = 16 + 8 * 60_000;
        let give = of(Opcode::ManagePages, PagesOp::Give.raw());
        assert_eq!(check(&give, long, 16), Ok(()));
        assert_eq!(check(&give, long + 8, 16), Err(DeliveryStatus::BadInputLength));
        assert_eq!(check(&give, 16, long), Err(DeliveryStatus::BadOutputLength));
        let take = of(Opcode::ManagePages, PagesOp::Take.raw());
        assert_eq!(check(&take, 16, long), Ok(()));
        assert_eq!(check(&take, long, 16), Err(DeliveryStatus::BadInputLength));
        let cannot = of(Opcode::ManagePages, PagesOp::CannotGive.raw());
        assert_eq!(check(&cannot, long, 16), Err(DeliveryStatus::BadInputLength));
        assert_eq!(check(&of(Opcode::CreateEq, 0), 272 + 8 * (1 << 16), 16), Ok(()));
    }

    #[test]
    fn no_other_operation_known_or_not_is_followed_far() {
        for opcode in [0x100, 0x104, 0x400, 0x999, 0xffff].map(Opcode::from_raw) {
            let input = of(opcode, 0);
            assert_eq!(check(&input, 4112, 4112), Ok(()));
            assert_eq!(check(&input, PLAIN + 1, 16), Err(DeliveryStatus::BadInputLength));
            assert_eq!(check(&input, 16, PLAIN + 1), Err(DeliveryStatus::BadOutputLength));
            assert_eq!(check(&input, 7, 16), Err(DeliveryStatus::BadInputLength));
            assert_eq!(check(&input, 8, 7), Err(DeliveryStatus::BadOutputLength));
        }
    }
}
