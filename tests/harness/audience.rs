//! Who acts in a test. A tenant is made by the command line, its people sign in through the API.

use serde_json::json;

use crate::{Client, Database, TestApp, scratch, typeid};

/// The password of everybody.
pub const PASSWORD: &str = "willow kettle 47 orbit";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Owner,
    Admin,
    Operator,
    Moderator,
    Finance,
    Analyst,
}

impl Role {
    pub const ALL: [Self; 6] =
        [Self::Owner, Self::Admin, Self::Operator, Self::Moderator, Self::Finance, Self::Analyst];

    /// As GraphQL and the command line spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "OWNER",
            Self::Admin => "ADMIN",
            Self::Operator => "OPERATOR",
            Self::Moderator => "MODERATOR",
            Self::Finance => "FINANCE",
            Self::Analyst => "ANALYST",
        }
    }
}

pub struct Tenant<'a> {
    app: &'a TestApp,
    slug: String,
    owner_email: String,
}

impl<'a> Tenant<'a> {
    pub(crate) async fn create(app: &'a TestApp, name: &str) -> Self {
        let slug = format!("{name}-{}", scratch::next_number());
        let owner_email = format!("owner@{slug}.example");
        #[rustfmt::skip]
        let arguments = [
            "tenant", "create", "--slug", &slug, "--name", name, "--owner-email", &owner_email,
            "--country", "CN", "--timezone", "Asia/Shanghai",
        ];
        app.installation().cli(&arguments, &[("SHEQUN_OWNER_PASSWORD", PASSWORD)]).await.expect_success();
        Self { app, slug, owner_email }
    }

    pub fn slug(&self) -> &str {
        &self.slug
    }

    pub fn owner_email(&self) -> &str {
        &self.owner_email
    }

    /// A client signed in as the owner, with a session of its own.
    pub async fn owner(&self) -> Client {
        self.sign_in(&self.owner_email).await
    }

    /// A client signed in as a new person with this role.
    pub async fn staff(&self, role: Role) -> Client {
        let email = self.invite(role).await;
        self.sign_in(&email).await
    }

    /// A new person with this role, not signed in; gives the e-mail address.
    pub async fn invite(&self, role: Role) -> String {
        let email = format!("{}-{}@{}.example", role.name().to_lowercase(), scratch::next_number(), self.slug);
        self.join(&email, role).await;
        email
    }

    /// Lets a person, known or not, work in this tenant.
    pub async fn join(&self, email: &str, role: Role) {
        let arguments = ["tenant", "staff", "--tenant", &self.slug, "--email", email, "--role", role.name()];
        self.app.installation().cli(&arguments, &[("SHEQUN_STAFF_PASSWORD", PASSWORD)]).await.expect_success();
    }

    /// A client with a new session of this person.
    pub async fn sign_in(&self, email: &str) -> Client {
        self.sign_in_from(&self.app.anonymous(), email).await
    }

    /// The same with a client that nobody has signed in.
    pub async fn sign_in_from(&self, client: &Client, email: &str) -> Client {
        let answer = client.run("SignIn", self.credentials(email, PASSWORD)).await;
        client.with_session(answer.payload("signIn"))
    }

    /// The variables of `SignIn`.
    pub fn credentials(&self, email: &str, password: &str) -> serde_json::Value {
        json!({ "input": { "tenant": self.slug, "email": email, "password": password } })
    }

    /// The tenant's id in the storage.
    pub async fn uuid(&self, database: &Database) -> uuid::Uuid {
        let sql = format!("SELECT {} FROM tenants WHERE slug = '{}'", database.hex("id"), self.slug);
        typeid::from_hex(&database.text(&sql).await)
    }
}
