//! The smallest file that is a module to a reader: an ELF header and a section `.modinfo`.

const HEADER: usize = 64;
const SECTION_HEADER: usize = 64;
const NAMES: &[u8] = b"\0.modinfo\0.names\0";

/// One row of the section table.
struct Section {
    name: u32,
    kind: u32,
    offset: usize,
    size: usize,
}

/// A file with this content of `.modinfo`.
pub fn module_file(modinfo: &[u8]) -> Vec<u8> {
    let names_at = HEADER + modinfo.len();
    let table_at = (names_at + NAMES.len()).next_multiple_of(8);
    let mut file = header(table_at);
    file.extend_from_slice(modinfo);
    file.extend_from_slice(NAMES);
    file.resize(table_at, 0);
    let sections = [
        Section {
            name: 0,
            kind: 0,
            offset: 0,
            size: 0,
        },
        Section {
            name: 1,
            kind: 1,
            offset: HEADER,
            size: modinfo.len(),
        },
        Section {
            name: 10,
            kind: 3,
            offset: names_at,
            size: NAMES.len(),
        },
    ];
    for section in sections {
        put_section(&mut file, &section);
    }
    file
}

/// ELF64, little-endian, relocatable, x86-64, three sections, the last of which holds their names.
fn header(table_at: usize) -> Vec<u8> {
    let mut header = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    header.extend([1, 0, 62, 0, 1, 0, 0, 0]);
    header.extend([0; 16]);
    header.extend((table_at as u64).to_le_bytes());
    header.extend([0; 4]);
    for half in [HEADER, 0, 0, SECTION_HEADER, 3, 2] {
        header.extend(u16::try_from(half).expect("small").to_le_bytes());
    }
    header
}

fn put_section(file: &mut Vec<u8>, section: &Section) {
    file.extend(section.name.to_le_bytes());
    file.extend(section.kind.to_le_bytes());
    // Flags, address, offset, size, link and info, alignment, size of an entry.
    for field in [0, 0, section.offset as u64, section.size as u64, 0, 1, 0] {
        file.extend(field.to_le_bytes());
    }
}
