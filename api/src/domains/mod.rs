//! The product, one slice a domain. A slice uses those above it in this list, through their `mod.rs`.

pub mod tenants;

pub mod audit;

pub mod documents;

pub mod auth;

pub mod communities;

pub mod members;

pub mod engagement;

pub mod points;

pub mod rewards;

pub mod creators;
