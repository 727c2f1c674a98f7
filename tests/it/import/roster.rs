//! Rosters as files, and what became of them.

use std::path::PathBuf;
use std::sync::Arc;

use harness::{CliOutput, Client, Database, Installation, Tenant, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::given;

pub(super) const HEADER: &str = "external_ref,display_name,phone,community,tier,joined_at,\
    identity_kind,identity_platform,identity_app_id,identity_value";

/// The line of one member with a phone, an identity and a membership; `number` makes them its own.
pub(super) fn line(number: usize) -> String {
    let day = number % 28 + 1;
    format!(
        "crm-{number},会员{number},138{number:08},Readers,ORDINARY,2026-03-{day:02}T08:00:00Z,\
         OPENID,WECHAT,wx1,o-{number}"
    )
}

/// A tenant with the community `Readers`, and a folder for its files.
pub(super) struct Given<'a> {
    pub(super) tenant: Tenant<'a>,
    pub(super) owner: Client,
    pub(super) community: Value,
    pub(super) database: Database,
    pub(super) uuid: Uuid,
    pub(super) installation: Arc<Installation>,
    folder: PathBuf,
}

impl<'a> Given<'a> {
    pub(super) async fn on(app: &'a TestApp) -> Self {
        let tenant = app.tenant("roster").await;
        let owner = tenant.owner().await;
        let community = given::community(&owner, "Readers").await;
        let database = app.database().await;
        let uuid = tenant.uuid(&database).await;
        let installation = Arc::clone(app.installation());
        let folder = installation.folder().join(tenant.slug());
        std::fs::create_dir(&folder).unwrap();
        Self { tenant, owner, community, database, uuid, installation, folder }
    }

    pub(super) fn file(&self, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.join("roster.csv");
        std::fs::write(&path, text).unwrap();
        path
    }

    /// What `shequn` is given to import the file.
    pub(super) fn arguments(&self) -> Vec<String> {
        let path = self.folder.join("roster.csv");
        ["import", "members", path.to_str().unwrap(), "--tenant", self.tenant.slug()].map(str::to_owned).to_vec()
    }

    pub(super) async fn import(&self, text: impl AsRef<[u8]>) -> CliOutput {
        self.import_with(text, &[]).await
    }

    pub(super) async fn import_with(&self, text: impl AsRef<[u8]>, options: &[&str]) -> CliOutput {
        self.file(text);
        let arguments = self.arguments();
        let arguments: Vec<_> = arguments.iter().map(String::as_str).chain(options.iter().copied()).collect();
        self.installation.cli(&arguments, &[]).await
    }

    /// The lines of the file of refused rows, without its header; none when there is no file.
    pub(super) fn refused(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.join("roster.csv.refused.csv")).unwrap_or_default();
        let mut lines = text.lines().map(str::to_owned);
        assert!(lines.next().is_none_or(|header| header == "line,external_ref,field,code,message"), "{text}");
        lines.collect()
    }

    pub(super) async fn count(&self, table: &str) -> i64 {
        self.database.count(table, self.uuid).await
    }

    /// What the API says that `Readers` has.
    pub(super) async fn members_of_community(&self) -> (Value, Value) {
        let document = "query($id: ID!) { community(id: $id) { memberCount members(first: 1) { totalCount } } }";
        let answer = self.owner.query(document, json!({ "id": self.community["id"] })).await;
        let total = answer.data("community.members.totalCount").clone();
        (answer.data("community.memberCount").clone(), total)
    }
}
