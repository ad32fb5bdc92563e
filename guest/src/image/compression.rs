//! Modules as distributions compress them, and gzip for the image.

use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};
use lzma_rust2::XzReader;
use ruzstd::decoding::StreamingDecoder;
use std::io::{self, Read};

/// How a module's file is compressed, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `.ko`
    Plain,
    /// `.ko.gz`
    Gzip,
    /// `.ko.xz`
    Xz,
    /// `.ko.zst`
    Zstd,
}

/// Takes a file's name apart: the module's part, and its form. `None`: the file is no module.
pub fn split_name(file_name: &str) -> Option<(&str, Form)> {
    let forms = [
        (".ko", Form::Plain),
        (".ko.gz", Form::Gzip),
        (".ko.xz", Form::Xz),
        (".ko.zst", Form::Zstd),
    ];
    forms
        .iter()
        .find_map(|(end, form)| Some((file_name.strip_suffix(end)?, *form)))
}

/// Bytes that a module or a kernel has at most when it is unpacked. A few kilobytes can be made to unpack to as many gigabytes.
const LARGEST: u64 = 1 << 30;

/// KiB that the xz decoder may take for what it has seen. The kernel's build asks for 2 MiB, `xz -9` for 64; a file can ask for 4 GiB.
/// The zstd decoder has a limit of its own, 128 MiB.
const XZ_MEMORY: u32 = 256 << 10;

/// Undoes the compression.
///
/// # Errors
/// The file is damaged, or asks for more memory than any module or kernel needs.
pub fn unpack(bytes: &[u8], form: Form) -> io::Result<Vec<u8>> {
    match form {
        Form::Plain => Ok(bytes.to_vec()),
        Form::Gzip => all(GzDecoder::new(bytes), LARGEST),
        Form::Xz => all(XzReader::new_mem_limit(bytes, true, XZ_MEMORY), LARGEST),
        Form::Zstd => all(StreamingDecoder::new(bytes).map_err(io::Error::other)?, LARGEST),
    }
}

/// Everything that comes, up to a limit.
fn all(unpacked: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    unpacked.take(limit + 1).read_to_end(&mut plain)?;
    if plain.len() as u64 > limit {
        return Err(io::Error::other(format!("it unpacks to more than {limit} bytes")));
    }
    Ok(plain)
}

/// Compresses an image. The header carries no time.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    // Reading from memory and writing to memory cannot fail.
    let _ = GzEncoder::new(bytes, Compression::new(6)).read_to_end(&mut packed);
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unpacks_to_more_than_the_limit_is_refused_before_it_is_all_there() {
        let packed = gzip(&[0; 5000]);
        let unpacked = |limit| all(GzDecoder::new(&packed[..]), limit).map_err(|error| error.to_string());
        assert_eq!(unpacked(5000), Ok(vec![0; 5000]));
        assert_eq!(
            unpacked(4999),
            Err("it unpacks to more than 4999 bytes".to_owned())
        );
        let endless = all(io::repeat(7), 4096).map_err(|error| error.to_string());
        assert_eq!(endless, Err("it unpacks to more than 4096 bytes".to_owned()));
    }

    #[test]
    fn an_xz_file_that_asks_for_gigabytes_of_memory_is_refused() {
        // A stream header, and a block header whose LZMA2 filter asks for a dictionary of 4 GiB - 1 (property 40).
        let mut file = vec![0xfd, b'7', b'z', b'X', b'Z', 0, 0, 1, 0x69, 0x22, 0xde, 0x36];
        let block = [2, 0, 0x21, 1, 40, 0, 0, 0];
        file.extend(block);
        file.extend(crc_32(&block).to_le_bytes());
        let refused = unpack(&file, Form::Xz).map_err(|error| error.to_string());
        let refused = refused.expect_err("it asks for too much");
        assert!(refused.contains("memory"), "{refused}");
    }

    /// As xz counts it, bit by bit.
    fn crc_32(bytes: &[u8]) -> u32 {
        let mut crc = u32::MAX;
        for byte in bytes {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
            }
        }
        !crc
    }
}
