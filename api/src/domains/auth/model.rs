//! Who signs in, as others see them, and what an address is.

use crate::actor::Role;
use crate::domains::tenants::Tenant;
use crate::platform::ids::UserId;

/// A signed-in person, for showing.
#[derive(Clone)]
pub struct Viewer {
    /// Who.
    pub user: UserId,
    /// The address they sign in with.
    pub email: String,
    /// Where.
    pub tenant: Tenant,
    /// As what.
    pub role: Role,
    /// Their name in this tenant.
    pub display_name: String,
}

/// The form in which addresses are compared; None for what is not an address.
pub(super) fn normalise_email(input: &str) -> Option<String> {
    let email = input.trim().to_lowercase();
    let (local, domain) = email.split_once('@')?;
    let plausible = !local.is_empty()
        && domain.contains('.')
        && email.len() <= 254
        && !email.chars().any(|c| c.is_control() || c.is_whitespace())
        && !domain.contains('@');
    plausible.then_some(email)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_in_lower_case() {
        assert_eq!(normalise_email(" Ann@Example.COM "), Some("ann@example.com".to_owned()));
        assert_eq!(normalise_email("ann@example"), None);
        assert_eq!(normalise_email("a b@example.com"), None);
    }
}
