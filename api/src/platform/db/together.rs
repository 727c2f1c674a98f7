//! Statements that belong together: one statement on PostgreSQL, one after the other on SQLite.
//!
//! Each step writes to a table and is named; later ones read the rows it wrote under `{name}`. On PostgreSQL the steps
//! become parts of one `WITH`, so that locks are held for one round trip; on SQLite, which has no round trips and no
//! such `WITH`, they run in turn, and `{name}` finds the same rows again. Values are named too: `{amount}`.
//!
//! A step that touches no row ends the whole: nothing follows, and the answer is empty.

use std::fmt::Write as _;

use sea_orm::sea_query::{ArrayType, ValueType};
use sea_orm::{ConnectionTrait as _, QueryResult, Statement, Value};

use uuid::Uuid;

use super::{DbError, ScopedTx};

/// Rows that are given as values, column by column.
#[derive(Default)]
pub struct Given {
    columns: Vec<(&'static str, Column)>,
    rows: usize,
}

struct Column {
    /// All values as one array, for PostgreSQL.
    array: Value,
    /// The same, one by one.
    values: Vec<Value>,
}

impl Given {
    /// One more column, with a value for each row. What a row lacks has to be some other value that stands for it:
    /// PostgreSQL's arrays of parameters hold no NULL.
    #[must_use]
    pub fn each<V: ValueType + Into<Value>>(mut self, name: &'static str, values: impl IntoIterator<Item = V>) -> Self {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        self.rows = values.len();
        let array = Value::Array(V::array_type(), Some(Box::new(values.clone())));
        self.columns.push((name, Column { array, values }));
        self
    }
}

struct Step {
    name: &'static str,
    sql: String,
    /// A condition on the step's table that finds the rows again.
    again: String,
    table: &'static str,
}

/// The statements and their values.
pub struct Together {
    is_postgres: bool,
    values: Vec<Value>,
    /// Of the given rows, on SQLite: there they are bound without numbers, before all others. It looks a number up by
    /// going through all that it has seen, which takes seconds where there are thousands.
    cells: Vec<Value>,
    places: Vec<(&'static str, Place)>,
    given: String,
    steps: Vec<Step>,
}

/// What is put for a name.
enum Place {
    /// A value, counted from 0.
    Value(usize),
    /// A list of them, behind a column.
    Any(Vec<usize>),
    Text(String),
}

impl Together {
    /// For this transaction's database.
    #[must_use]
    pub fn new<S>(tx: &ScopedTx<S>) -> Self {
        let is_postgres = tx.is_postgres();
        Self {
            is_postgres,
            values: Vec::new(),
            cells: Vec::new(),
            places: Vec::new(),
            given: String::new(),
            steps: Vec::new(),
        }
    }

    /// A value under a name.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        let place = self.place(value.into());
        self.places.push((name, Place::Value(place)));
        self
    }

    /// A list under a name, to be put behind a column: `member_id {members}`.
    #[must_use]
    pub fn with_any(mut self, name: &'static str, ids: &[Uuid]) -> Self {
        let values: Vec<Value> = ids.iter().copied().map(Value::from).collect();
        let values =
            if self.is_postgres { vec![Value::Array(ArrayType::Uuid, Some(Box::new(values)))] } else { values };
        let places = values.into_iter().map(|value| self.place(value)).collect();
        self.places.push((name, Place::Any(places)));
        self
    }

    /// Rows under a name; once for all steps.
    #[must_use]
    pub fn given(mut self, name: &'static str, given: Given) -> Self {
        let names: Vec<_> = given.columns.iter().map(|(name, _)| *name).collect();
        let rows = if self.is_postgres {
            let arrays: Vec<_> = given.columns.into_iter().map(|(_, column)| self.place(column.array)).collect();
            let arrays: Vec<_> = arrays.into_iter().map(|place| self.spell(place)).collect();
            format!("SELECT * FROM unnest({})", arrays.join(", "))
        } else {
            let mut columns: Vec<_> = given.columns.into_iter().map(|(_, column)| column.values.into_iter()).collect();
            for _ in 0..given.rows {
                self.cells.extend(columns.iter_mut().filter_map(Iterator::next));
            }
            let row = format!("({})", vec!["?"; columns.len()].join(", "));
            format!("VALUES {}", vec![row; given.rows].join(", "))
        };
        self.given = format!("{name} ({}) AS ({rows})", names.join(", "));
        self.places.push((name, Place::Text(name.to_owned())));
        self
    }

    /// One more step: an INSERT or UPDATE on `table` without RETURNING. `again` is the condition by which its rows are
    /// found when they are written, as they are then.
    #[must_use]
    pub fn step(mut self, name: &'static str, table: &'static str, sql: &str, again: &str) -> Self {
        self.steps.push(Step { name, sql: sql.to_owned(), again: again.to_owned(), table });
        self
    }

    /// Runs the steps, and `last`, which reads what they wrote.
    pub async fn query<S: Send + Sync>(mut self, tx: &ScopedTx<S>, last: &str) -> Result<Vec<QueryResult>, DbError> {
        let steps = std::mem::take(&mut self.steps);
        if self.is_postgres {
            let mut parts: Vec<String> =
                Some(self.given.clone()).filter(|given| !given.is_empty()).into_iter().collect();
            for step in steps {
                parts.push(format!("{} AS ({} RETURNING *)", step.name, self.fill(&step.sql)));
                self.places.push((step.name, Place::Text(step.name.to_owned())));
            }
            let with = if parts.is_empty() { String::new() } else { format!("WITH {} ", parts.join(", ")) };
            let sql = format!("{with}{}", self.fill(last));
            return Ok(tx.query_all_raw(self.statement(tx, sql)).await?);
        }
        for step in steps {
            let sql = self.after_given(&step.sql);
            if tx.execute_raw(self.statement(tx, sql)).await?.rows_affected() == 0 {
                return Ok(Vec::new());
            }
            let found = format!("(SELECT * FROM {} WHERE {})", step.table, self.fill(&step.again));
            self.places.push((step.name, Place::Text(found)));
        }
        let sql = self.after_given(last);
        Ok(tx.query_all_raw(self.statement(tx, sql)).await?)
    }

    fn place(&mut self, value: Value) -> usize {
        self.values.push(value);
        self.values.len() - 1
    }

    fn spell(&self, place: usize) -> String {
        let sign = if self.is_postgres { '$' } else { '?' };
        format!("{sign}{}", self.cells.len() + place + 1)
    }

    fn spell_any(&self, places: &[usize]) -> String {
        let places: Vec<_> = places.iter().map(|place| self.spell(*place)).collect();
        let list = places.join(", ");
        if self.is_postgres { format!("= ANY({list})") } else { format!("IN ({list})") }
    }

    fn after_given(&self, sql: &str) -> String {
        let sql = self.fill(sql);
        if self.given.is_empty() { sql } else { format!("WITH {} {sql}", self.given) }
    }

    /// Puts places for names. An unknown name stays as it is, and the database refuses it.
    fn fill(&self, sql: &str) -> String {
        let mut filled = String::with_capacity(sql.len());
        let mut rest = sql;
        while let Some((before, behind)) = rest.split_once('{') {
            let (name, after) = behind.split_once('}').unwrap_or((behind, ""));
            let place = self.places.iter().rev().find(|(known, _)| *known == name).map(|(_, place)| place);
            filled.push_str(before);
            match place {
                Some(Place::Value(place)) => filled.push_str(&self.spell(*place)),
                Some(Place::Any(places)) => filled.push_str(&self.spell_any(places)),
                Some(Place::Text(text)) => filled.push_str(text),
                None => drop(write!(filled, "{{{name}}}")),
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    fn statement<S: Send + Sync>(&self, tx: &ScopedTx<S>, sql: String) -> Statement {
        let values = self.cells.iter().chain(&self.values).cloned();
        Statement::from_sql_and_values(tx.get_database_backend(), sql, values)
    }
}
