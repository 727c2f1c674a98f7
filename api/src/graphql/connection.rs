//! Connections: the Relay shape round a slice's items.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use async_graphql::{Object, OutputType, SimpleObject, TypeName};
use futures_util::future::BoxFuture;

use super::batch::{Page, Ref};
use super::cost::shown::costs;
use super::pagination::CursorSpace;
use crate::error::ApiError;
use crate::platform::crypto::MasterKey;
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::{KeysetPage, Position, Slice};

/// A type that stands in connections under its own name.
pub trait Noun: OutputType + Clone {
    /// `Community` gives `CommunityConnection` and `CommunityEdge`.
    const NAME: &'static str;
}

/// An edge type: plain, which any [`Noun`] has, or with facts about the relation.
pub trait EdgeType: OutputType {
    /// What it leads to.
    type Node: OutputType + Clone;
    /// The connection's type name.
    fn connection() -> Cow<'static, str>;
    /// Where it leads.
    fn node(&self) -> Self::Node;
    /// Its place in the list.
    fn cursor(&self) -> &str;
}

/// Where a page lies in its list. Costs nothing.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = costs::apply(0))]
pub struct PageInfo {
    /// Whether the list goes on behind this page.
    pub has_next_page: bool,
    /// Whether the list has items before this page.
    pub has_previous_page: bool,
    /// Cursor of the first item; null on an empty page.
    pub start_cursor: Option<String>,
    /// Cursor of the last item; null on an empty page.
    pub end_cursor: Option<String>,
}

/// Counts a list when somebody asks.
pub type Total = Arc<dyn Fn() -> BoxFuture<'static, Result<i64, ApiError>> + Send + Sync>;

/// A page of a list.
pub struct Connection<E> {
    edges: Slice<E>,
    total: Total,
}

impl<E: EdgeType> Connection<E> {
    /// A page and the way to count the whole list.
    #[must_use]
    pub fn new(edges: Slice<E>, total: Total) -> Self {
        Self { edges, total }
    }
}

impl<E: EdgeType> TypeName for Connection<E> {
    fn type_name() -> Cow<'static, str> {
        E::connection()
    }
}

/// A page of a list.
#[Object(name_type)]
impl<E: EdgeType> Connection<E> {
    /// The items with their cursors.
    async fn edges(&self) -> &[E] {
        &self.edges.items
    }

    /// The items.
    async fn nodes(&self) -> Vec<E::Node> {
        self.edges.items.iter().map(EdgeType::node).collect()
    }

    /// Where the page lies in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.edges.has_next,
            has_previous_page: self.edges.has_previous,
            start_cursor: self.edges.items.first().map(|edge| edge.cursor().to_owned()),
            end_cursor: self.edges.items.last().map(|edge| edge.cursor().to_owned()),
        }
    }

    /// How many items the list has, whatever the page; counted only when selected. Costs 2.
    #[graphql(directive = costs::apply(2))]
    async fn total_count(&self) -> Result<i64, ApiError> {
        (self.total)().await
    }
}

/// The plain edges of rows that were loaded together.
pub fn edges<R: Send + Sync + 'static, N>(
    rows: Vec<Ref<R>>,
    (space, master): (&CursorSpace, &MasterKey),
    position: impl Fn(&R) -> Option<Position>,
    node: impl Fn(Ref<R>) -> N,
) -> Result<Vec<Edge<N>>, ApiError> {
    let edge = |row: Ref<R>| {
        let position = position(row.row()?).ok_or_else(|| ApiError::internal("a sort key was not read"))?;
        Ok(Edge { cursor: space.seal(master, &position)?, node: node(row) })
    };
    rows.into_iter().map(edge).collect()
}

/// The pages that several owners have of a list, as one page of rows for what is loaded below them.
pub fn slices<K: Copy + Eq + Hash, R: Send + Sync + 'static>(
    reader: &Arc<TenantTx>,
    page: &KeysetPage,
    found: HashMap<K, Vec<R>>,
    owner: impl Fn(&R) -> K,
) -> Result<HashMap<K, Slice<Ref<R>>>, ApiError> {
    let (mut slices, mut all) = (HashMap::with_capacity(found.len()), Vec::new());
    for (own, rows) in found {
        let Slice { items, has_next, has_previous } = page.finish(rows);
        all.extend(items);
        slices.insert(own, Slice { items: Vec::new(), has_next, has_previous });
    }
    for row in Page::new(Arc::clone(reader), all).refs() {
        if let Some(slice) = slices.get_mut(&owner(row.row()?)) {
            slice.items.push(row);
        }
    }
    Ok(slices)
}

impl<N: Noun> Connection<Edge<N>> {
    /// One owner's page; None is that of an empty list.
    pub fn of_slice<R: Send + Sync + 'static>(
        slice: Option<&Slice<Ref<R>>>,
        sealing: (&CursorSpace, &MasterKey),
        position: impl Fn(&R) -> Option<Position>,
        node: impl Fn(Ref<R>) -> N,
        total: Total,
    ) -> Result<Self, ApiError> {
        let items = edges(slice.map(|slice| slice.items.clone()).unwrap_or_default(), sealing, position, node)?;
        let (has_next, has_previous) = slice.map_or((false, false), |slice| (slice.has_next, slice.has_previous));
        Ok(Self::new(Slice { items, has_next, has_previous }, total))
    }
}

/// An item of a list and its place.
pub struct Edge<N> {
    /// Its place.
    pub cursor: String,
    /// The item.
    pub node: N,
}

impl<N: Noun> EdgeType for Edge<N> {
    type Node = N;

    fn connection() -> Cow<'static, str> {
        Cow::Owned(format!("{}Connection", N::NAME))
    }

    fn node(&self) -> N {
        self.node.clone()
    }

    fn cursor(&self) -> &str {
        &self.cursor
    }
}

impl<N: Noun> TypeName for Edge<N> {
    fn type_name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Edge", N::NAME))
    }
}

/// An item of a list and its place.
#[Object(name_type)]
impl<N: Noun> Edge<N> {
    /// The item's place, for `after` and `before`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The item.
    async fn node(&self) -> N {
        self.node.clone()
    }
}
