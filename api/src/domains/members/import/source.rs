//! Where a roster's text comes from: a file in UTF-8, or one that is converted while it is read.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Seek as _, SeekFrom};
use std::path::Path;

use encoding_rs::{Decoder, DecoderResult, GB18030};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte-order mark.
    Utf8,
    /// GB 18030, which GBK and GB 2312 are part of.
    Gb18030,
}

/// The bytes of a file in UTF-8. Those that are not in the file's encoding are an error of the kind
/// `InvalidData`, after all that stands before them.
pub(super) enum Source {
    Plain(File),
    Converted(Box<Converted>),
}

impl Source {
    pub(super) fn open(path: &Path, encoding: Encoding) -> Result<Self, Error> {
        let file = File::open(path)?;
        Ok(match encoding {
            Encoding::Utf8 => Self::Plain(file),
            Encoding::Gb18030 => Self::Converted(Box::new(Converted::new(file))),
        })
    }

    /// Goes on behind so many bytes of the text. Nothing has been read yet.
    pub(super) fn skip(&mut self, bytes: u64) -> Result<(), Error> {
        match self {
            Self::Plain(file) => file.seek(SeekFrom::Start(bytes)).map(drop),
            Self::Converted(converted) => {
                std::io::copy(&mut converted.as_mut().take(bytes), &mut std::io::sink()).map(drop)
            }
        }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        match self {
            Self::Plain(file) => file.read(buffer),
            Self::Converted(converted) => converted.read(buffer),
        }
    }
}

const CHUNK: usize = 64 * 1024;

pub(super) struct Converted {
    file: File,
    decoder: Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    /// How much of `text` has been given out.
    given: usize,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    /// A sequence that is not in the encoding stands behind `text`.
    Malformed,
    Ended,
}

impl Converted {
    fn new(file: File) -> Self {
        let decoder = GB18030.new_decoder_without_bom_handling();
        Self { file, decoder, raw: Vec::new(), text: Vec::new(), given: 0, state: State::Reading }
    }

    /// Fills `text` with the next piece of the file.
    fn convert(&mut self) -> Result<(), Error> {
        self.raw.clear();
        let limit = u64::try_from(CHUNK).unwrap_or(u64::MAX);
        let read = (&mut self.file).take(limit).read_to_end(&mut self.raw)?;
        let is_last = read < CHUNK;
        // Two bytes become at most three, and a sequence may be left from the piece before.
        self.text.resize(2 * CHUNK, 0);
        let (result, _, written) = self.decoder.decode_to_utf8_without_replacement(&self.raw, &mut self.text, is_last);
        self.text.truncate(written);
        self.given = 0;
        self.state = match result {
            DecoderResult::InputEmpty if is_last => State::Ended,
            DecoderResult::InputEmpty => State::Reading,
            DecoderResult::Malformed(..) => State::Malformed,
            DecoderResult::OutputFull => return Err(Error::other("the text does not fit its buffer")),
        };
        Ok(())
    }
}

impl Read for Converted {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        while self.given == self.text.len() {
            match self.state {
                State::Reading => self.convert()?,
                State::Malformed => return Err(ErrorKind::InvalidData.into()),
                State::Ended => return Ok(0),
            }
        }
        let read = self.text.get(self.given..).unwrap_or_default().read(buffer)?;
        self.given += read;
        Ok(read)
    }
}
