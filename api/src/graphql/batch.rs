//! Rows that were loaded together load their fields together.
//!
//! Each object in an answer is a [`Ref`] into the [`Page`] it came with. A field that needs more data
//! asks the page, which loads it once for all its rows: one statement per level, with no delay and no
//! loader shared between requests.

use std::any::Any;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::error::ApiError;
use crate::platform::db::TenantTx;

type Loaded = Result<Arc<dyn Any + Send + Sync>, ApiError>;
type Cell = Arc<OnceCell<Loaded>>;

/// Rows from one statement, the snapshot they were read in, and what was loaded for them since.
pub struct Page<R> {
    reader: Arc<TenantTx>,
    rows: Vec<R>,
    cells: Mutex<HashMap<(&'static str, String), Cell>>,
}

impl<R> Page<R> {
    /// A page of rows.
    #[must_use]
    pub fn new(reader: Arc<TenantTx>, rows: Vec<R>) -> Arc<Self> {
        Arc::new(Self { reader, rows, cells: Mutex::default() })
    }

    /// The rows, in order.
    #[must_use]
    pub fn rows(&self) -> &[R] {
        &self.rows
    }

    /// The snapshot.
    #[must_use]
    pub fn reader(&self) -> &Arc<TenantTx> {
        &self.reader
    }

    /// References to all rows, in order.
    #[must_use]
    pub fn refs(self: &Arc<Self>) -> Vec<Ref<R>> {
        (0..self.rows.len()).map(|index| Ref { page: Arc::clone(self), index }).collect()
    }

    fn cell(&self, field: &'static str, arguments: String) -> Cell {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(cells.entry((field, arguments)).or_default())
    }
}

/// One row of a page.
pub struct Ref<R> {
    page: Arc<Page<R>>,
    index: usize,
}

impl<R> Clone for Ref<R> {
    fn clone(&self) -> Self {
        Self { page: Arc::clone(&self.page), index: self.index }
    }
}

impl<R: Send + Sync + 'static> Ref<R> {
    /// A page of one row.
    #[must_use]
    pub fn single(reader: Arc<TenantTx>, row: R) -> Self {
        Self { page: Page::new(reader, vec![row]), index: 0 }
    }

    /// The row.
    pub fn row(&self) -> Result<&R, ApiError> {
        self.page.rows.get(self.index).ok_or_else(|| ApiError::internal("a reference points outside its page"))
    }

    /// The page, for loads that are about this row alone.
    #[must_use]
    pub fn page(&self) -> &Arc<Page<R>> {
        &self.page
    }

    /// What `load` gives for the whole page, run once per field and arguments. The arguments include
    /// whatever else `load` depends on, the selection among them.
    pub async fn load<T, F, Fut>(&self, field: &'static str, arguments: String, load: F) -> Result<Arc<T>, ApiError>
    where
        T: Send + Sync + 'static,
        F: FnOnce(Arc<Page<R>>) -> Fut,
        Fut: Future<Output = Result<T, ApiError>>,
    {
        let cell = self.page.cell(field, arguments);
        let page = Arc::clone(&self.page);
        let loaded = cell
            .get_or_init(|| async move {
                let value = load(page).await?;
                let value: Arc<dyn Any + Send + Sync> = Arc::new(value);
                Ok(value)
            })
            .await
            .clone()?;
        loaded.downcast::<T>().map_err(|_| ApiError::internal("a field was loaded as two types"))
    }
}

/// A column that must have been selected because the field that shows it was.
pub fn loaded<T>(column: Option<&T>) -> Result<&T, ApiError> {
    column.ok_or_else(|| ApiError::internal("a column is shown that was not selected"))
}
