//! Pages of lists: both directions give the same list, whatever its size, and a cursor fits its own list only.

use harness::{Client, Response, TestApp, run};
use serde_json::{Value, json};

use crate::given;

const MEMBERS: &str =
    "query($first: Int, $after: String, $last: Int, $before: String, $sort: MemberSort, $filter: MemberFilter) {
    list: members(first: $first, after: $after, last: $last, before: $before, sort: $sort, filter: $filter) {
        nodes { id displayName } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

const COMMUNITY_MEMBERS: &str = "query($id: ID!, $first: Int, $after: String, $last: Int, $before: String,
        $sort: CommunityMemberSort, $filter: CommunityMemberFilter) { of: community(id: $id) {
    list: members(first: $first, after: $after, last: $last, before: $before, sort: $sort, filter: $filter) {
        nodes { id displayName } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }";

const MEMBER_COMMUNITIES: &str =
    "query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { of: member(by: { id: $id }) {
    list: communities(first: $first, after: $after, last: $last, before: $before) {
        nodes { id displayName: name } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }";

/// A list that can be paged through: a document with it, and the variables that say which list.
struct List<'a> {
    client: &'a Client,
    document: &'static str,
    path: &'static str,
    which: Value,
}

#[test]
fn members_walked_forwards_and_backwards_give_the_same_list() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("walk").await.owner().await;
        // In one import all are recorded at one moment, so that ids alone tell them apart; names come in three.
        given::imported(&owner, rows(250, |number| format!("Member {}", number % 3))).await;
        for sort in ["NAME_ASC", "NAME_DESC", "CREATED_AT_ASC", "CREATED_AT_DESC"] {
            let list = List { client: &owner, document: MEMBERS, path: "list", which: json!({ "sort": sort }) };
            let forwards = list.walk_forwards(100, 250).await;
            assert_eq!(forwards.len(), 250, "{sort}");
            assert_eq!(without_repetition(&forwards), 250, "{sort}");
            assert_eq!(list.walk_backwards(60, 250).await, forwards, "{sort}");
        }
        let ascending = List { client: &owner, document: MEMBERS, path: "list", which: json!({ "sort": "NAME_ASC" }) };
        let descending = List { which: json!({ "sort": "NAME_DESC" }), ..ascending };
        let mut reversed = descending.walk_forwards(100, 250).await;
        reversed.reverse();
        assert_eq!(reversed, ascending.walk_forwards(100, 250).await);
    });
}

#[test]
fn the_members_of_a_community_walked_forwards_and_backwards_give_the_same_list() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("walk-nested").await.owner().await;
        let community = given::community(&owner, "Readers").await;
        let rows = rows(250, |number| format!("Member {number}")).into_iter().enumerate().map(|(number, row)| {
            let joined_at = format!("2025-01-{:02}T00:00:00Z", number % 5 + 1);
            given::with(row, json!({ "communityId": community["id"], "joinedAt": joined_at }))
        });
        given::imported(&owner, rows.collect()).await;
        for sort in ["JOINED_AT_ASC", "JOINED_AT_DESC"] {
            let which = json!({ "id": community["id"], "sort": sort });
            let list = List { client: &owner, document: COMMUNITY_MEMBERS, path: "of.list", which };
            let forwards = list.walk_forwards(70, 250).await;
            assert_eq!(without_repetition(&forwards), 250, "{sort}");
            assert_eq!(list.walk_backwards(100, 250).await, forwards, "{sort}");
        }
        let from = json!({ "from": "2025-01-02T00:00:00Z", "to": "2025-01-04T00:00:00Z" });
        let which = json!({ "id": community["id"], "filter": { "joinedAt": from } });
        let list = List { client: &owner, document: COMMUNITY_MEMBERS, path: "of.list", which };
        let filtered = list.walk_forwards(30, 100).await;
        assert_eq!(without_repetition(&filtered), 100, "from is within, to is not");
        assert_eq!(list.walk_backwards(30, 100).await, filtered);
    });
}

#[test]
fn the_communities_of_a_member_walked_forwards_and_backwards_give_the_same_list() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("walk-memberships").await.owner().await;
        let member = given::member(&owner, "Li Lei").await;
        let mut joined = Vec::new();
        for number in 0..7 {
            let community = given::community(&owner, &format!("Readers {number}")).await;
            given::joined(&owner, &community, &member, "ORDINARY").await;
            joined.insert(0, community["id"].clone());
        }
        let list = List {
            client: &owner,
            document: MEMBER_COMMUNITIES,
            path: "of.list",
            which: json!({ "id": member["id"] }),
        };
        assert_eq!(list.walk_forwards(3, 7).await, joined, "the newest membership first");
        assert_eq!(list.walk_backwards(2, 7).await, joined);
    });
}

#[test]
fn a_page_between_two_cursors_has_what_lies_between() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("between").await.owner().await;
        let ids = given::imported(&owner, rows(9, |number| format!("Member {number}"))).await;
        let list = List { client: &owner, document: MEMBERS, path: "list", which: json!({ "sort": "NAME_ASC" }) };
        let third = list.page(json!({ "first": 3 })).await.end_cursor;
        let seventh = list.page(json!({ "last": 3 })).await.start_cursor;
        let between = json!({ "after": third, "before": seventh });
        let all = list.page(given::with(json!({ "first": 100 }), between.clone())).await;
        assert_eq!(all.ids, ids[3..6]);
        let two = list.page(given::with(json!({ "last": 2 }), between)).await;
        assert_eq!((two.ids.as_slice(), two.has_next, two.has_previous), (&ids[4..6], true, true));
    });
}

#[test]
fn a_page_behind_the_last_item_is_empty_and_says_so() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("past-the-end").await.owner().await;
        given::imported(&owner, rows(2, |number| format!("Member {number}"))).await;
        let list = List { client: &owner, document: MEMBERS, path: "list", which: json!({}) };
        let end = list.page(json!({ "first": 2 })).await.end_cursor;
        let page = list.page(json!({ "first": 2, "after": end })).await;
        assert_eq!((page.ids.len(), page.total, page.has_next, page.has_previous), (0, 2, false, true));
        assert_eq!((page.start_cursor, page.end_cursor), (Value::Null, Value::Null));
    });
}

#[test]
fn pages_of_several_communities_in_one_answer_are_each_their_own() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("siblings").await.owner().await;
        let (small, large) = (given::community(&owner, "Small").await, given::community(&owner, "Large").await);
        for (community, size) in [(&small, 2), (&large, 5)] {
            let row = |number| format!("{} {number}", community["name"].as_str().unwrap());
            let rows = rows(size, row).into_iter();
            given::imported(
                &owner,
                rows.map(|row| given::with(row, json!({ "communityId": community["id"] }))).collect(),
            )
            .await;
        }
        let document = "{ communities(first: 2, sort: NAME_DESC) { nodes { members(first: 3) {
            totalCount nodes { displayName } pageInfo { hasNextPage endCursor } } } } }";
        let answer = owner.query(document, json!({})).await;
        for (place, (community, total, shown)) in [("Small", 2, 2), ("Large", 5, 3)].into_iter().enumerate() {
            let members = answer.data(&format!("communities.nodes.{place}.members"));
            assert_eq!(members["totalCount"], total, "{community}");
            assert_eq!(members["pageInfo"]["hasNextPage"], total > shown, "{community}");
            let nodes = members["nodes"].as_array().unwrap();
            assert_eq!(nodes.len(), shown, "{community}");
            assert!(nodes.iter().all(|node| node["displayName"].as_str().unwrap().starts_with(community)), "{members}");
        }
        let cursor = answer.data("communities.nodes.1.members.pageInfo.endCursor");
        let which = json!({ "id": large["id"] });
        let rest = List { client: &owner, document: COMMUNITY_MEMBERS, path: "of.list", which };
        assert_eq!(rest.page(json!({ "after": cursor })).await.ids.len(), 2);
    });
}

#[test]
fn a_cursor_of_another_list_order_filter_or_tenant_is_refused() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("cursors").await.owner().await;
        let elsewhere = app.tenant("cursors-elsewhere").await.owner().await;
        let mut communities = Vec::new();
        for client in [&owner, &elsewhere] {
            let community = given::community(client, "Readers").await;
            let rows = rows(3, |number| format!("Member {number}")).into_iter();
            let rows = rows.map(|row| given::with(row, json!({ "communityId": community["id"] })));
            given::imported(client, rows.collect()).await;
            communities.push(community["id"].clone());
        }
        let other = given::community(&owner, "Writers").await;
        let members = |client, which| List { client, document: MEMBERS, path: "list", which };
        let of = |client, which| List { client, document: COMMUNITY_MEMBERS, path: "of.list", which };
        let strangers = [
            members(&owner, json!({ "sort": "NAME_ASC" })),
            members(&owner, json!({ "filter": { "text": "Member" } })),
            members(&elsewhere, json!({})),
            of(&owner, json!({ "id": communities[0] })),
            of(&elsewhere, json!({ "id": communities[1] })),
        ];
        let own = members(&owner, json!({}));
        for stranger in &strangers {
            let cursor = stranger.page(json!({ "first": 1 })).await.end_cursor;
            own.must_refuse(&cursor, &stranger.which).await;
        }
        let cursor = own.page(json!({ "first": 1 })).await.end_cursor;
        for stranger in &strangers {
            stranger.must_refuse(&cursor, &stranger.which).await;
        }
        let cursor = strangers[3].page(json!({ "first": 1 })).await.end_cursor;
        of(&owner, json!({ "id": other["id"] })).must_refuse(&cursor, &json!("another community")).await;
        of(&owner, json!({ "id": communities[0], "filter": { "tier": "CORE" } }))
            .must_refuse(&cursor, &json!("a filter"))
            .await;
    });
}

#[test]
fn a_cursor_that_was_changed_or_made_up_is_refused() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("forged-cursors").await.owner().await;
        given::imported(&owner, rows(2, |number| format!("Member {number}"))).await;
        let list = List { client: &owner, document: MEMBERS, path: "list", which: json!({}) };
        let cursor = list.page(json!({ "first": 1 })).await.end_cursor;
        let cursor = cursor.as_str().unwrap();
        let mut forged =
            vec![String::new(), "x".to_owned(), "AQ".to_owned(), cursor[1..].to_owned(), format!("{cursor}A")];
        forged.extend([&cursor[..cursor.len() / 2], &cursor[..cursor.len() - 1]].map(str::to_owned));
        for place in [0, 1, 2, cursor.len() / 2, cursor.len() - 2] {
            let other = if cursor.as_bytes()[place] == b'B' { "C" } else { "B" };
            forged.push(format!("{}{other}{}", &cursor[..place], &cursor[place + 1..]));
        }
        for forged in forged {
            list.must_refuse(&json!(forged), &json!(cursor)).await;
        }
    });
}

#[test]
fn a_nested_page_size_that_is_none_is_refused_with_its_argument() {
    run(async {
        let app = TestApp::shared().await;
        let owner = app.tenant("nested-sizes").await.owner().await;
        let community = given::community(&owner, "Readers").await;
        let list = List {
            client: &owner,
            document: COMMUNITY_MEMBERS,
            path: "of.list",
            which: json!({ "id": community["id"] }),
        };
        for (arguments, argument) in [
            (json!({ "first": 0 }), "first"),
            (json!({ "first": -1 }), "first"),
            (json!({ "first": 101 }), "first"),
            (json!({ "first": i32::MAX }), "first"),
            (json!({ "last": 0 }), "last"),
            (json!({ "first": 1, "last": 1 }), "last"),
            (json!({ "before": "x" }), "last"),
        ] {
            let answer = list.ask(arguments.clone()).await;
            assert_eq!(answer.error_codes(), ["PAGE_SIZE_INVALID"], "{arguments}: {}", answer.raw);
            assert_eq!(answer.body["errors"][0]["extensions"]["argument"], argument, "{arguments}");
            assert!(answer.partial("of").is_object() && answer.partial("of.list").is_null(), "{}", answer.raw);
        }
    });
}

struct Page {
    ids: Vec<Value>,
    total: i64,
    has_next: bool,
    has_previous: bool,
    start_cursor: Value,
    end_cursor: Value,
}

impl List<'_> {
    async fn ask(&self, page: Value) -> Response {
        self.client.query(self.document, given::with(page, self.which.clone())).await
    }

    async fn page(&self, page: Value) -> Page {
        let answer = self.ask(page).await;
        let list = answer.data(self.path);
        let info = &list["pageInfo"];
        Page {
            ids: list["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect(),
            total: list["totalCount"].as_i64().unwrap(),
            has_next: info["hasNextPage"].as_bool().unwrap(),
            has_previous: info["hasPreviousPage"].as_bool().unwrap(),
            start_cursor: info["startCursor"].clone(),
            end_cursor: info["endCursor"].clone(),
        }
    }

    /// All ids, from pages of `size`; each page must tell the total and where it lies.
    async fn walk_forwards(&self, size: usize, total: i64) -> Vec<Value> {
        let mut found = Vec::new();
        let mut page = self.page(json!({ "first": size })).await;
        loop {
            assert_eq!((page.total, page.has_previous), (total, !found.is_empty()), "{}", self.which);
            found.extend(page.ids);
            if !page.has_next {
                return found;
            }
            assert_eq!(found.len() % size, 0, "a page in the middle is full");
            page = self.page(json!({ "first": size, "after": page.end_cursor })).await;
        }
    }

    /// The same from the back.
    async fn walk_backwards(&self, size: usize, total: i64) -> Vec<Value> {
        let mut found = Vec::new();
        let mut page = self.page(json!({ "last": size })).await;
        loop {
            assert_eq!((page.total, page.has_next), (total, !found.is_empty()), "{}", self.which);
            found.splice(0..0, page.ids);
            if !page.has_previous {
                return found;
            }
            assert_eq!(found.len() % size, 0, "a page in the middle is full");
            page = self.page(json!({ "last": size, "before": page.start_cursor })).await;
        }
    }

    async fn must_refuse(&self, cursor: &Value, because: &Value) {
        for (argument, page) in
            [("after", json!({ "after": cursor })), ("before", json!({ "last": 2, "before": cursor }))]
        {
            let answer = self.ask(page).await;
            assert_eq!(answer.error_codes(), ["CURSOR_INVALID"], "{cursor}, {because}: {}", answer.raw);
            assert_eq!(answer.body["errors"][0]["extensions"]["argument"], argument, "{}", answer.raw);
            assert!(answer.partial(self.path).is_null());
        }
    }
}

fn rows(count: usize, name: impl Fn(usize) -> String) -> Vec<Value> {
    (0..count)
        .map(|number| json!({ "externalRef": format!("{}-{number}", name(number)), "displayName": name(number) }))
        .collect()
}

fn without_repetition(ids: &[Value]) -> usize {
    ids.iter().map(|id| id.as_str().unwrap()).collect::<std::collections::BTreeSet<_>>().len()
}
