//! Which fields of an object the client asked for, so that stores read only those columns.

use std::collections::BTreeSet;

use async_graphql::{Context, SelectionField};

/// Names of selected fields; aliases and fragments are seen through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection(BTreeSet<String>);

impl Selection {
    /// The fields selected at the ends of `paths`, which start below the field being resolved. An empty
    /// path is that field itself.
    #[must_use]
    pub fn at(ctx: &Context<'_>, paths: &[&[&str]]) -> Self {
        let mut found = BTreeSet::new();
        for path in paths {
            collect(ctx.field(), path, &mut found);
        }
        Self(found)
    }

    /// The fields of the nodes of a connection.
    #[must_use]
    pub fn of_nodes(ctx: &Context<'_>) -> Self {
        Self::at(ctx, &[&["nodes"], &["edges", "node"]])
    }

    /// These fields, whatever the client asked for.
    #[must_use]
    pub fn of<const N: usize>(fields: [&str; N]) -> Self {
        Self(fields.into_iter().map(str::to_owned).collect())
    }

    /// Whether `field` was selected.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.0.contains(field)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

fn collect(field: SelectionField<'_>, path: &[&str], found: &mut BTreeSet<String>) {
    match path.split_first() {
        None => found.extend(field.selection_set().map(|child| child.name().to_owned())),
        Some((name, rest)) => {
            for child in field.selection_set().filter(|child| child.name() == *name) {
                collect(child, rest, found);
            }
        }
    }
}
