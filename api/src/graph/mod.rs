//! The composed types: each merges the parts that slices give to one noun, and names its connection.
//!
//! Only `schema.rs`, this folder and the slices' `graphql` files may use it.

pub mod check_in;
pub mod community;
pub mod me;
pub mod member;
pub mod node;
