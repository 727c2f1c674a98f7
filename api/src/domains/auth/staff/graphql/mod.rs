//! Staff, invitations and one's own account in the schema.

mod acceptance;
mod account;
mod invitations;
mod object;
mod query;
mod roles;

pub use acceptance::AcceptanceMutation;
pub use account::{AccountMutation, ViewerTenant};
pub use invitations::InvitationMutation;
pub use object::{Invitation, StaffMember};
pub use query::StaffQuery;
pub use roles::RoleMutation;
