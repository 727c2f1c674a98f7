//! The demo tenant 山野集市: a company that lives by its communities, with a year behind it.
//!
//! Made in one transaction, so there is all of it or nothing. The same people do the same things in every
//! installation, counted back from the day it is made on; only ids, keys and the password differ.
//! It goes through the slices' public faces and knows no table.
//!
//! In reading order: `communities` (what each is like), `people`, `stays` (who came, went and rose), `points`, `rewards`,
//! `presents` (what members gave each other), `creators`, `write`;
//! `names`, `places` and `draw` are what they are made of.

mod communities;
mod creators;
mod draw;
mod earning;
mod names;
mod people;
mod places;
mod points;
mod presents;
mod rewards;
mod stays;
mod write;

pub use write::{DemoError, EMAIL, SLUG, is_here, is_wanted, seed};
