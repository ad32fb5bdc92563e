//! Vital product data: what a PF says of its product, behind a capability with a window of four bytes (Base Specification, "Vital
//! Product Data").

use super::space::Space;
use emulator::config::Identity;

/// Where the capability is, the last of the first 256 bytes.
pub(super) const AT: u8 = 0xc0;

const ID: u8 = 0x03;
const ADDRESS: usize = AT as usize + 2;
const DATA: usize = AT as usize + 4;
/// Bit of the address: set by the device when it has read, by the host when it wants to write.
const FLAG: u16 = 1 << 15;

/// Tags of resources: the product's name, fields to be read, the end.
const NAME: u8 = 0x82;
const READ_ONLY: u8 = 0x90;
const END: u8 = 0x78;

/// What the fields say. No vendor's board has these numbers.
const FIELDS: [(&[u8; 2], &str); 5] = [
    (b"PN", "MLX5-COSIM"),
    (b"EC", "A1"),
    (b"SN", "COSIM0000001"),
    (b"V3", "c05100000000000000000000c0510001"),
    (b"VA", "MLX:MODL=COSIM:MN=MLNX"),
];

/// Fills in the capability; there is none behind it. The first bytes are read already.
pub(super) fn place(space: &mut Space, identity: Identity) {
    space.set(AT.into(), [ID, 0]);
    space.allow(ADDRESS, [0xff; 2]);
    show(space, 0, identity);
}

/// The address register.
pub(super) fn address(space: &Space) -> u16 {
    space.word(ADDRESS)
}

/// Whether a write of `length` bytes at `at` reaches the whole address.
pub(super) const fn is_asked(at: usize, length: usize) -> bool {
    at <= ADDRESS && at + length >= ADDRESS + 2
}

/// Answers to an address that was written: with four bytes of the data, or, where something is to be written, by not taking it. What
/// was there `before` asks for nothing: who saves registers and writes them back finds them as they were.
pub(super) fn answer(space: &mut Space, before: u16, identity: Identity) {
    let address = space.word(ADDRESS);
    if address & FLAG == 0 {
        show(space, address, identity);
    } else if address != before {
        space.set(ADDRESS, (address & !FLAG).to_le_bytes());
    }
}

/// Shows the four bytes at an address.
fn show(space: &mut Space, address: u16, identity: Identity) {
    let data = data(identity);
    let mut window = [0; 4];
    for (byte, there) in window.iter_mut().zip(data.iter().skip(address.into())) {
        *byte = *there;
    }
    space.set(DATA, window);
    space.set(ADDRESS, (address | FLAG).to_le_bytes());
}

/// The whole data.
fn data(identity: Identity) -> Vec<u8> {
    let mut data = Vec::new();
    resource(
        &mut data,
        NAME,
        format!("{}, played by mlx5-cosim", identity.name).as_bytes(),
    );
    let mut fields = Vec::new();
    for (keyword, text) in FIELDS {
        field(&mut fields, keyword, text.as_bytes());
    }
    // All bytes up to this one have the sum 0.
    field(&mut fields, b"RV", &[0]);
    resource(&mut data, READ_ONLY, &fields);
    let sum = data.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    if let Some(last) = data.last_mut() {
        *last = sum.wrapping_neg();
    }
    data.push(END);
    data
}

fn resource(data: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    // INVARIANT: what is here is far shorter than 64 KiB.
    let length = u16::try_from(bytes.len()).unwrap_or(0);
    data.push(tag);
    data.extend(length.to_le_bytes());
    data.extend(bytes);
}

fn field(fields: &mut Vec<u8>, keyword: &[u8; 2], bytes: &[u8]) {
    // INVARIANT: no field has 256 bytes.
    fields.extend(keyword);
    fields.push(u8::try_from(bytes.len()).unwrap_or(0));
    fields.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use emulator::config::Model;

    #[test]
    fn the_window_shows_the_data_whose_sum_is_zero() {
        let identity = Model::ConnectX7.identity();
        let mut space = Space::new();
        place(&mut space, identity);
        let mut read = Vec::new();
        for address in (0_u16..160).step_by(4) {
            let before = super::address(&space);
            space.write(ADDRESS, &address.to_le_bytes());
            answer(&mut space, before, identity);
            assert_eq!(space.word(ADDRESS), address | FLAG);
            let mut window = [0; 4];
            space.read(DATA, &mut window);
            read.extend(window);
        }
        let whole = data(identity);
        assert_eq!(read[..whole.len()], whole);
        assert!(read[whole.len()..].iter().all(|byte| *byte == 0));
        let name = b"ConnectX-7, played by mlx5-cosim";
        assert_eq!(
            (whole[0], usize::from(whole[1]), &whole[3..3 + name.len()]),
            (NAME, name.len(), name.as_slice())
        );
        let sum = whole[..whole.len() - 1]
            .iter()
            .fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        assert_eq!((sum, whole.last()), (0, Some(&END)));
    }

    #[test]
    fn nothing_is_written_and_what_is_written_back_changes_nothing() {
        let identity = Model::ConnectX6.identity();
        let mut space = Space::new();
        place(&mut space, identity);
        let before = address(&space);
        space.write(ADDRESS, &before.to_le_bytes());
        answer(&mut space, before, identity);
        assert_eq!(address(&space), before);
        space.write(ADDRESS, &(FLAG | 4).to_le_bytes());
        answer(&mut space, before, identity);
        assert_eq!(address(&space), 4);
        assert!(is_asked(0xc0, 4) && is_asked(0xc2, 2));
        assert!(!is_asked(0xc3, 1) && !is_asked(0xc4, 4) && !is_asked(0xc0, 2));
    }
}
