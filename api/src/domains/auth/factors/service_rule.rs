//! A tenant that asks everybody for a second factor: its sessions notice at once.

use async_trait::async_trait;

use crate::domains::auth::sessions::look_again;
use crate::domains::tenants::PolicyWatch;
use crate::error::ApiError;
use crate::platform::Platform;
use crate::platform::ids::TenantId;

/// Makes every process look again at who works for a tenant whose policy has changed.
pub struct RuleWatch(pub Platform);

#[async_trait]
impl PolicyWatch for RuleWatch {
    async fn policy_changed(&self, tenant: TenantId) -> Result<(), ApiError> {
        look_again(&self.0, tenant).await
    }
}
