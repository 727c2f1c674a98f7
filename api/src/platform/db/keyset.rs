//! Keyset paging in SQL: order by (key, id), start behind or before a position, one row more than asked.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, SelectStatement, SimpleExpr, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The value a list is sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyValue {
    /// A normalised text.
    #[serde(rename = "s")]
    Text(String),
    /// A time.
    #[serde(rename = "t")]
    Time(DateTime<Utc>),
    /// A number.
    #[serde(rename = "n")]
    Int(i32),
    /// A number of any size.
    #[serde(rename = "l")]
    Long(i64),
}

impl From<KeyValue> for Value {
    fn from(value: KeyValue) -> Self {
        match value {
            KeyValue::Text(text) => text.into(),
            KeyValue::Time(time) => time.into(),
            KeyValue::Int(number) => number.into(),
            KeyValue::Long(number) => number.into(),
        }
    }
}

/// A place between the items of a list: at an item's key, and its id where keys are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The sort key.
    pub key: KeyValue,
    /// The tie breaker.
    pub id: Uuid,
}

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysetPage {
    /// How many items.
    pub size: u64,
    /// From the back.
    pub backward: bool,
    /// Only behind this.
    pub after: Option<Position>,
    /// Only before this.
    pub before: Option<Position>,
}

/// The columns a list is ordered by.
#[derive(Clone, Debug)]
pub struct KeysetOrder {
    /// The sort key's column.
    pub key: SimpleExpr,
    /// The tie breaker's column.
    pub id: SimpleExpr,
    /// Largest first.
    pub descending: bool,
}

/// Items of a page, in the order of the list.
#[derive(Clone, Debug)]
pub struct Slice<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether the list goes on behind them.
    pub has_next: bool,
    /// Whether the list has items before them.
    pub has_previous: bool,
}

impl KeysetPage {
    /// Adds the bounds, the order and a limit of one more than the size.
    pub fn apply(&self, select: &mut SelectStatement, order: &KeysetOrder) {
        self.bound(select, order);
        select.limit(self.size + 1);
    }

    /// Adds the bounds and the order; the caller limits.
    pub fn bound(&self, select: &mut SelectStatement, order: &KeysetOrder) {
        let place =
            |position: &Position| Expr::tuple([Expr::val(Value::from(position.key.clone())), Expr::val(position.id)]);
        let columns = || Expr::tuple([order.key.clone(), order.id.clone()]);
        if let Some(after) = &self.after {
            let bound = place(after);
            select.and_where(if order.descending { columns().lt(bound) } else { columns().gt(bound) });
        }
        if let Some(before) = &self.before {
            let bound = place(before);
            select.and_where(if order.descending { columns().gt(bound) } else { columns().lt(bound) });
        }
        let direction = if order.descending == self.backward { Order::Asc } else { Order::Desc };
        select.order_by_expr(order.key.clone(), direction.clone()).order_by_expr(order.id.clone(), direction);
    }

    /// Turns the rows of the statement into the page: drops the surplus row and restores the list's order.
    #[must_use]
    pub fn finish<T>(&self, mut rows: Vec<T>) -> Slice<T> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        if self.backward {
            rows.reverse();
            Slice { items: rows, has_next: self.before.is_some(), has_previous: more }
        } else {
            Slice { items: rows, has_next: more, has_previous: self.after.is_some() }
        }
    }
}
