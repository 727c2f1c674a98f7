//! One record of a CSV file, put together from its lines.
//!
//! Written here because a refused row is named by its line: the CSV libraries tell where a record ends, and
//! lose count at CR LF and blank lines, or read a quote that never closes to the end of any file.

/// A record under way.
#[derive(Debug, Default)]
pub(super) struct Record {
    fields: Vec<String>,
    field: String,
    place: Place,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    FieldStart,
    Plain,
    Quoted,
    /// Behind a quote inside quotes: the end of them, or the first half of a doubled one.
    Quote,
}

impl Record {
    /// Adds a line with what ends it; answers whether the record is whole.
    pub(super) fn add(&mut self, line: &str) -> bool {
        let text = line.strip_suffix('\n').map_or(line, |text| text.strip_suffix('\r').unwrap_or(text));
        for sign in text.chars() {
            self.place = match (self.place, sign) {
                (Place::FieldStart, '"') => Place::Quoted,
                (Place::Quoted, '"') => Place::Quote,
                (Place::FieldStart | Place::Plain | Place::Quote, ',') => {
                    self.end_field();
                    Place::FieldStart
                }
                (Place::Quoted, _) | (Place::Quote, '"') => {
                    self.field.push(sign);
                    Place::Quoted
                }
                (Place::FieldStart | Place::Plain | Place::Quote, _) => {
                    self.field.push(sign);
                    Place::Plain
                }
            };
        }
        if self.place == Place::Quoted {
            self.field.push_str(line.get(text.len()..).unwrap_or_default());
            return false;
        }
        self.end_field();
        true
    }

    pub(super) fn into_fields(self) -> Vec<String> {
        self.fields
    }

    fn end_field(&mut self) {
        self.fields.push(std::mem::take(&mut self.field));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(lines: &[&str]) -> Option<Vec<String>> {
        let mut record = Record::default();
        let is_whole = lines.iter().fold(false, |_, line| record.add(line));
        is_whole.then(|| record.into_fields())
    }

    #[test]
    fn quotes_hold_commas_quotes_and_line_ends() {
        assert_eq!(fields(&["a,\"b,\"\"c\"\"\",d\r\n"]).unwrap(), ["a", "b,\"c\"", "d"]);
        assert_eq!(fields(&["a,\"b\r\n", "c\",\n"]).unwrap(), ["a", "b\r\nc", ""]);
        assert_eq!(fields(&["", ""]).unwrap().len(), 2);
    }

    #[test]
    fn a_quote_inside_a_plain_field_is_a_letter_and_an_open_one_leaves_the_record_open() {
        assert_eq!(fields(&["5\",x\n"]).unwrap(), ["5\"", "x"]);
        assert_eq!(fields(&["\"a\"b,c"]).unwrap(), ["ab", "c"]);
        assert_eq!(fields(&["a,\"b\n", "c\n"]), None);
    }
}
