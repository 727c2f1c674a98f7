//! Documents before anything runs: what may be parsed, what a parsed one may ask for, and a memory of good ones.
//!
//! In reading order: `lexical` looks before any parser does; `shape` measures what was parsed; `cache` remembers it;
//! `variables` are checked against what an operation declares; `validator` asks the schema, without running.

mod cache;
mod lexical;
mod shape;
mod validator;
mod variables;

pub use cache::{Document, Documents, Unreadable};
pub use lexical::{TooMuch, check_json};
pub use shape::Shape;
pub use validator::{ValidateOnly, Validator};
pub use variables::{check_lists, complete};
