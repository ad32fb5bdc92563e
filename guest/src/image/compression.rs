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

/// Undoes the compression.
pub fn unpack(bytes: &[u8], form: Form) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    match form {
        Form::Plain => plain.extend_from_slice(bytes),
        Form::Gzip => drop(GzDecoder::new(bytes).read_to_end(&mut plain)?),
        Form::Xz => drop(XzReader::new(bytes, true).read_to_end(&mut plain)?),
        Form::Zstd => {
            let mut decoder = StreamingDecoder::new(bytes).map_err(io::Error::other)?;
            decoder.read_to_end(&mut plain)?;
        }
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
