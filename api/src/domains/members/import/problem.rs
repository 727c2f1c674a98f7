//! Why a roster cannot be read. The texts begin with a code and the place.

use super::reader::COLUMNS;
use super::source::Encoding;

/// Why a file cannot be read at all. Nothing of it has been imported then.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// Reading failed.
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// There is no header line.
    #[error("EMPTY_FILE: line 1: the file has no header")]
    Empty,
    /// A column that rosters do not have.
    #[error("HEADER_INVALID: line 1: there is no column {column:?}; the columns are {}", COLUMNS.join(", "))]
    UnknownColumn {
        /// As it stands in the header.
        column: String,
    },
    /// A column stands twice.
    #[error("HEADER_INVALID: line 1: the column {column:?} stands twice")]
    RepeatedColumn {
        /// Which.
        column: String,
    },
    /// A column is missing.
    #[error("HEADER_INVALID: line 1: the column {column:?} is missing")]
    MissingColumn {
        /// Which.
        column: &'static str,
    },
    /// Bytes that are not in the encoding.
    #[error("ENCODING_INVALID: line {line}: this is not {}", name(*.encoding))]
    Encoding {
        /// Where.
        line: u64,
        /// What the file was taken for.
        encoding: Encoding,
    },
    /// A quote that never closes.
    #[error("QUOTE_UNCLOSED: line {line}: the row that begins here opens a quote that is not closed within 64 KiB")]
    UnclosedQuote {
        /// Where the row begins.
        line: u64,
    },
    /// A row without an end.
    #[error("ROW_TOO_LONG: line {line}: the row that begins here is longer than 64 KiB")]
    RowTooLong {
        /// Where the row begins.
        line: u64,
    },
}

fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => "UTF-8; if the file was saved as GBK, add --encoding gb18030",
        Encoding::Gb18030 => "GB 18030, and so neither GBK; if the file was saved as UTF-8, leave --encoding out",
    }
}
