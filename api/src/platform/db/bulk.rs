//! Many rows of one table in as few statements as its database likes.
//!
//! On PostgreSQL each column is one array, so that one prepared statement serves every number of rows and
//! has few parameters; SQLite gets VALUES, as many rows at a time as its limit on parameters lets through.

use sea_orm::sea_query::{
    ArrayType, DynIden, Expr, Func, InsertStatement, IntoIden, OnConflict, Query, SimpleExpr, TableRef, ValueType,
};
use sea_orm::{ConnectionTrait as _, DbErr, Value};

use super::{DbError, ScopedTx};

/// The most parameters of one statement in SQLite.
const SQLITE_PARAMETERS: usize = 32_766;

/// Rows about to be inserted, column by column.
pub struct Bulk {
    table: TableRef,
    rows: usize,
    columns: Vec<(DynIden, Cells)>,
    conflict: Option<OnConflict>,
}

enum Cells {
    Same(Value),
    Each(ArrayType, Vec<Value>),
    /// Some of which are NULL: what is empty stands for that, since arrays of parameters cannot hold it.
    Sparse(ArrayType, Vec<Value>),
}

impl Bulk {
    /// Of so many rows for `table`; each column is to be given with as many values.
    #[must_use]
    pub fn new(table: impl Into<TableRef>, rows: usize) -> Self {
        Self { table: table.into(), rows, columns: Vec::new(), conflict: None }
    }

    /// A column in which all rows have one value.
    #[must_use]
    pub fn same(self, column: impl IntoIden, value: impl Into<Value>) -> Self {
        self.with(column, Cells::Same(value.into()))
    }

    /// A column in which each row has its own.
    #[must_use]
    pub fn each<V: ValueType + Into<Value>>(self, column: impl IntoIden, values: impl IntoIterator<Item = V>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.with(column, Cells::Each(V::array_type(), values))
    }

    /// A column of bytes that rows may lack; none of them is empty.
    #[must_use]
    pub fn each_bytes(self, column: impl IntoIden, values: impl IntoIterator<Item = Option<Vec<u8>>>) -> Self {
        self.with(column, Cells::Sparse(ArrayType::Bytes, values.into_iter().map(Value::from).collect()))
    }

    /// A column of text that rows may lack; none of it is empty.
    #[must_use]
    pub fn each_text(self, column: impl IntoIden, values: impl IntoIterator<Item = Option<String>>) -> Self {
        self.with(column, Cells::Sparse(ArrayType::String, values.into_iter().map(Value::from).collect()))
    }

    /// What happens to rows that are there already.
    #[must_use]
    pub fn on_conflict(self, conflict: OnConflict) -> Self {
        Self { conflict: Some(conflict), ..self }
    }

    fn with(mut self, column: impl IntoIden, cells: Cells) -> Self {
        self.columns.push((column.into_iden(), cells));
        self
    }

    /// Inserts the rows; none is fine.
    pub async fn execute<S: Send + Sync>(self, tx: &ScopedTx<S>) -> Result<(), DbError> {
        if self.rows == 0 {
            return Ok(());
        }
        let statements = if tx.is_postgres() { vec![self.arrays()?] } else { self.values()? };
        for statement in statements {
            tx.execute(&statement).await?;
        }
        Ok(())
    }

    fn insert(&self) -> InsertStatement {
        let mut insert = Query::insert().into_table(self.table.clone()).to_owned();
        insert.columns(self.columns.iter().map(|(column, _)| column.clone()));
        if let Some(conflict) = &self.conflict {
            insert.on_conflict(conflict.clone());
        }
        insert
    }

    /// `INSERT … SELECT $1, unnest($2), …`: the arrays are walked side by side.
    fn arrays(self) -> Result<InsertStatement, DbErr> {
        let mut insert = self.insert();
        let unnest = |kind, values| -> SimpleExpr {
            Func::cust("unnest").arg(Expr::val(Value::Array(kind, Some(Box::new(values))))).into()
        };
        let cells = self.columns.into_iter().map(|(_, cells)| match cells {
            Cells::Same(value) => Expr::val(value),
            Cells::Each(kind, values) => unnest(kind, values),
            Cells::Sparse(kind, values) => {
                let empty = || if kind == ArrayType::Bytes { Value::from(Vec::<u8>::new()) } else { Value::from("") };
                let is_null = |value: &Value| matches!(value, Value::Bytes(None) | Value::String(None));
                let full = values.into_iter().map(|value| if is_null(&value) { empty() } else { value }).collect();
                let args = [unnest(kind.clone(), full), Expr::val(empty())];
                Func::cust("NULLIF").args(args).into()
            }
        });
        insert.select_from(Query::select().exprs(cells).to_owned()).map_err(mismatch)?;
        Ok(insert)
    }

    fn values(self) -> Result<Vec<InsertStatement>, DbErr> {
        let empty = self.insert();
        let rows_at_a_time = (SQLITE_PARAMETERS / self.columns.len().max(1)).max(1);
        let mut columns: Vec<Box<dyn Iterator<Item = Value> + Send>> = Vec::new();
        for (_, cells) in self.columns {
            columns.push(match cells {
                Cells::Same(value) => Box::new(std::iter::repeat(value)),
                Cells::Each(_, values) | Cells::Sparse(_, values) => Box::new(values.into_iter()),
            });
        }
        let mut statements = Vec::new();
        let mut left = self.rows;
        while left > 0 {
            let rows = left.min(rows_at_a_time);
            let mut insert = empty.clone();
            for _ in 0..rows {
                let row = columns.iter_mut().filter_map(Iterator::next).map(Expr::val);
                insert.values(row.collect::<Vec<_>>()).map_err(mismatch)?;
            }
            statements.push(insert);
            left -= rows;
        }
        Ok(statements)
    }
}

fn mismatch(error: sea_orm::sea_query::error::Error) -> DbErr {
    DbErr::Custom(error.to_string())
}
