//! Letters that the product sent: from the mail server of the test, or from the folder of the embedded mode.

use std::path::Path;

/// A letter as its reader sees it.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The address after `To:`.
    pub to: String,
    /// As sent.
    pub raw: String,
    /// Decoded.
    pub text: String,
}

impl Letter {
    pub(crate) fn read(raw: &str) -> Self {
        let raw = raw.replace("\r\n", "\n");
        let (head, body) = raw.split_once("\n\n").unwrap_or_else(|| panic!("no letter: {raw}"));
        let header = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.unwrap_or_default().trim().to_owned()
        };
        let text = match header("Content-Transfer-Encoding").as_str() {
            "quoted-printable" => unquoted(body),
            "8bit" | "7bit" => body.to_owned(),
            other => panic!("an encoding that the tests do not read: {other}"),
        };
        Self { to: header("To"), text, raw }
    }

    /// What follows `#purpose=` in the letter's one link.
    pub fn secret(&self, purpose: &str) -> String {
        let mark = format!("#{purpose}=");
        let (_, rest) = self.text.split_once(&mark).unwrap_or_else(|| panic!("no {mark} in {}", self.text));
        rest.split_whitespace().next().unwrap_or_default().to_owned()
    }
}

/// All letters in a folder, the oldest first: names are ids, and ids are in the order of time.
pub(crate) fn in_folder(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "eml")).collect();
    files.sort();
    files.iter().map(|path| std::fs::read_to_string(path).expect("a letter can be read")).collect()
}

/// Quoted-printable: `=XX` is a byte, and a line that ends with `=` goes on.
fn unquoted(body: &str) -> String {
    let joined = body.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'=').then(|| after.get(..2)).flatten();
        let byte = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).expect("letters are UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_letter_is_read() {
        let letter = Letter::read(
            "To: a@b.example\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E4=BD=A0=3Dx y=\r\nz\r\n",
        );
        assert_eq!((letter.to.as_str(), letter.text.as_str()), ("a@b.example", "你=x yz\n"));
    }
}
