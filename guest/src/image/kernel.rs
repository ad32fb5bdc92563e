//! A kernel image without its wrapping.
//!
//! A distribution's kernel unpacks itself when it starts, which takes seconds without KVM. QEMU starts an unpacked one as well, if it
//! says where (the PVH entry point of Xen's boot interface). It is the same kernel at the address that it was linked for.

use super::compression::{Form, unpack};
use object::LittleEndian;
use object::elf::{FileHeader64, NoteType, PT_NOTE};
use object::read::elf::{FileHeader, ProgramHeader};

/// Offsets in the header of a bzImage (Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header").
const SETUP_SECTORS: usize = 0x1f1;
const MAGIC: usize = 0x202;
const VERSION: usize = 0x206;
const PAYLOAD_OFFSET: usize = 0x248;
const PAYLOAD_LENGTH: usize = 0x24c;
/// The first version of the protocol that says where the payload is.
const WITH_PAYLOAD: u16 = 0x0208;
const SECTOR: usize = 512;

/// The note that says where QEMU may enter the kernel (`XEN_ELFNOTE_PHYS32_ENTRY`).
const ENTRY_NOTE: NoteType = NoteType(18);

/// The ELF file in a bzImage, if it has one that QEMU can start. None: the image is to be taken as it is.
pub fn unwrapped(image: &[u8]) -> Option<Vec<u8>> {
    let payload = payload(image)?;
    let form = match payload {
        [0x1f, 0x8b, ..] => Form::Gzip,
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Form::Xz,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Form::Zstd,
        _ => return None,
    };
    let kernel = unpack(payload, form).ok()?;
    has_entry(&kernel).then_some(kernel)
}

/// The compressed kernel. Its last four bytes are the length of the kernel, and no part of the compressed data.
fn payload(image: &[u8]) -> Option<&[u8]> {
    if image.get(MAGIC..MAGIC + 4)? != b"HdrS" || word(image, VERSION)? < WITH_PAYLOAD {
        return None;
    }
    // Zero stands for four.
    let sectors = match *image.get(SETUP_SECTORS)? {
        0 => 4,
        sectors => usize::from(sectors),
    };
    let begin = (sectors + 1) * SECTOR + double_word(image, PAYLOAD_OFFSET)?;
    let end = begin
        .checked_add(double_word(image, PAYLOAD_LENGTH)?)?
        .checked_sub(4)?;
    image.get(begin..end)
}

fn word(image: &[u8], at: usize) -> Option<u16> {
    let bytes = image.get(at..at + 2)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn double_word(image: &[u8], at: usize) -> Option<usize> {
    let bytes = image.get(at..at + 4)?;
    usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
}

/// Whether an ELF file has the note of the entry point.
fn has_entry(kernel: &[u8]) -> bool {
    let find = || -> object::read::Result<bool> {
        let header = FileHeader64::<LittleEndian>::parse(kernel)?;
        let endian = header.endian()?;
        for segment in header.program_headers(endian, kernel)? {
            if segment.p_type(endian) != PT_NOTE {
                continue;
            }
            let Some(mut notes) = segment.notes(endian, kernel)? else {
                continue;
            };
            while let Some(note) = notes.next()? {
                if note.name() == b"Xen" && note.n_type(endian) == ENTRY_NOTE {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    };
    find().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::super::compression::gzip;
    use super::*;

    /// The smallest ELF file with a note, in a bzImage of protocol 2.15.
    fn image(note: NoteType) -> (Vec<u8>, Vec<u8>) {
        let mut elf = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0];
        elf.resize(16, 0);
        for half in [2_u16, 62] {
            elf.extend(half.to_le_bytes());
        }
        elf.extend(1_u32.to_le_bytes());
        // Entry, program headers, section headers.
        for long in [0_u64, 64, 0] {
            elf.extend(long.to_le_bytes());
        }
        elf.extend(0_u32.to_le_bytes());
        for half in [64_u16, 56, 1, 64, 0, 0] {
            elf.extend(half.to_le_bytes());
        }
        elf.extend(PT_NOTE.0.to_le_bytes());
        elf.extend(4_u32.to_le_bytes());
        for long in [120_u64, 0, 0, 20, 20, 4] {
            elf.extend(long.to_le_bytes());
        }
        for word in [4_u32, 4, note.0] {
            elf.extend(word.to_le_bytes());
        }
        elf.extend(b"Xen\0");
        elf.extend(0_u32.to_le_bytes());
        let packed = gzip(&elf);
        let mut image = vec![0; 2 * SECTOR];
        image[SETUP_SECTORS] = 1;
        image[MAGIC..MAGIC + 4].copy_from_slice(b"HdrS");
        image[VERSION..VERSION + 2].copy_from_slice(&0x020f_u16.to_le_bytes());
        let length = u32::try_from(packed.len() + 4).expect("short");
        image[PAYLOAD_LENGTH..PAYLOAD_LENGTH + 4].copy_from_slice(&length.to_le_bytes());
        image.extend(packed);
        image.extend([0; 4]);
        (image, elf)
    }

    #[test]
    fn a_kernel_is_taken_out_of_its_image_if_it_says_where_to_enter() {
        let (wrapped, elf) = image(ENTRY_NOTE);
        assert_eq!(unwrapped(&wrapped), Some(elf));
        assert_eq!(unwrapped(&image(NoteType(17)).0), None);
    }

    #[test]
    fn what_is_no_image_is_left_as_it_is() {
        let (wrapped, elf) = image(ENTRY_NOTE);
        assert_eq!(unwrapped(&elf), None);
        assert_eq!(unwrapped(&[]), None);
        for length in 0..wrapped.len() - 4 {
            assert_eq!(unwrapped(&wrapped[..length]), None, "{length}");
        }
    }
}
