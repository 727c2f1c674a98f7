//! The columns a statement reads: those that the answer shows, and no others.

use sea_orm::{ColumnTrait, DbErr, QueryResult, TryGetable};

/// A set of columns of one table.
#[derive(Clone, Debug)]
pub struct Columns<C>(Vec<C>);

impl<C: ColumnTrait> Columns<C> {
    /// These columns.
    #[must_use]
    pub fn of(columns: impl IntoIterator<Item = C>) -> Self {
        let mut set = Self(Vec::new());
        columns.into_iter().for_each(|column| set.add(column));
        set
    }

    /// One more.
    pub fn add(&mut self, column: C) {
        if !self.has(column) {
            self.0.push(column);
        }
    }

    /// Whether the column is in the set.
    #[must_use]
    pub fn has(&self, column: C) -> bool {
        self.0.iter().any(|known| known.as_str() == column.as_str())
    }

    /// The columns.
    pub fn iter(&self) -> impl Iterator<Item = C> + '_ {
        self.0.iter().copied()
    }

    /// The column's value, if it was read.
    pub fn read<T: TryGetable>(&self, row: &QueryResult, column: C) -> Result<Option<T>, DbErr> {
        self.has(column).then(|| row.try_get("", column.as_str())).transpose()
    }

    /// As [`Columns::read`], for the stored spelling of an enumeration.
    pub fn read_named<T>(
        &self,
        row: &QueryResult,
        column: C,
        parse: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, DbErr> {
        let Some(text) = self.read::<String>(row, column)? else { return Ok(None) };
        parse(&text)
            .map(Some)
            .ok_or_else(|| DbErr::Type(format!("{} holds a value that is not of its table", column.as_str())))
    }
}
