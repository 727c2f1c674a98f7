//! What a review makes of a member's position.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use super::super::model::start_of_next;
use super::model::{MoveKind, MoveReason, Path, Paths, invalid, last_day_of_month};
use crate::error::UserError;

/// How long a node that was set by hand is kept at most.
const LONGEST_KEPT: TimeDelta = TimeDelta::days(366 * 5);

/// Where a member stands, as last reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Of the path they were reviewed by.
    pub path_version: i32,
    /// The node's code.
    pub node: String,
    /// Points awarded in the window, and not reversed.
    pub value: i64,
    /// How many moves there were.
    pub moves: i64,
    /// When they came to the node; None for those who never moved.
    pub since: Option<DateTime<Utc>>,
    /// What they keep whatever their value.
    pub floor: Option<Floor>,
    /// Nothing changes by time alone before this.
    pub review_at: Option<DateTime<Utc>>,
}

/// A node that was set by hand, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The node's code.
    pub node: String,
    /// The last day on which it is kept.
    pub on: NaiveDate,
    /// When that day is over.
    pub until: DateTime<Utc>,
}

/// What the ledger says of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Points awarded in the window, and not reversed.
    pub value: i64,
    /// When the earliest of these awards was posted.
    pub earliest: Option<DateTime<Utc>>,
}

/// When a review is made, and by which path.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The time.
    pub now: DateTime<Utc>,
    /// The tenant's.
    pub zone: Tz,
    /// The paths there are.
    pub paths: &'a Paths,
}

/// A move, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Its place among the member's.
    pub number: i64,
    /// Which way.
    pub kind: MoveKind,
    /// Why.
    pub reason: MoveReason,
    /// From where: code and name.
    pub from: (String, String),
    /// To where.
    pub to: (String, String),
}

/// A node to be set by hand.
#[derive(Clone, Debug)]
pub struct Order {
    /// The node's code.
    pub node: String,
    /// The last day on which it is kept; the current month's when nobody says.
    pub kept_on: Option<NaiveDate>,
}

/// The position by the latest path and what the ledger says, and the move that this is, if it is one.
#[must_use]
pub fn review(then: &Position, facts: Facts, moment: &Moment<'_>) -> (Position, Option<Move>) {
    let floor = then.floor.clone().filter(|floor| floor.until > moment.now);
    let (path, its) = (&moment.paths.latest, moment.paths.get(then.path_version));
    let floor = floor.map(|floor| Floor { node: path.code_at(path.carry(&floor.node, its)), ..floor });
    let (from, to) = (path.carry(&then.node, its), target(path, facts, floor.as_ref()));
    let reason = match to.cmp(&from) {
        _ if path.version != then.path_version => MoveReason::PathChanged,
        std::cmp::Ordering::Less if then.review_at.is_some_and(|at| at <= moment.now) => MoveReason::Window,
        std::cmp::Ordering::Less => MoveReason::Reversed,
        _ => MoveReason::Earned,
    };
    let kind = match to.cmp(&from) {
        std::cmp::Ordering::Greater => MoveKind::Promotion,
        std::cmp::Ordering::Less => MoveKind::Demotion,
        std::cmp::Ordering::Equal => MoveKind::Set,
    };
    let position = Position { floor, ..placed(then, to, facts, moment) };
    let position = due(position, facts, moment);
    let moved = (position.node != then.node).then(|| step(then, &position, (kind, reason), moment));
    (counted(position, moved.as_ref()), moved)
}

/// The position with a node that somebody set, which is kept at least; always a move, also from a node to itself.
pub fn set(
    then: &Position,
    order: &Order,
    facts: Facts,
    moment: &Moment<'_>,
) -> Result<(Position, Move), Vec<UserError>> {
    let path = &moment.paths.latest;
    let Some(place) = path.find(&order.node) else {
        return Err(vec![UserError::not_found("node", "node of the growth path")]);
    };
    if place < path.place_of(facts.value) {
        return Err(vec![invalid("node", "The member's points lead further than this, and a node is kept at least.")]);
    }
    let floor = floor(order, moment)?;
    let position = Position { floor: Some(floor), ..placed(then, place, facts, moment) };
    let position = due(position, facts, moment);
    let moved = step(then, &position, (MoveKind::Set, MoveReason::ByHand), moment);
    Ok((counted(position, Some(&moved)), moved))
}

fn floor(order: &Order, Moment { now, zone, .. }: &Moment<'_>) -> Result<Floor, Vec<UserError>> {
    let on = order.kept_on.unwrap_or_else(|| last_day_of_month(*now, *zone));
    let today = now.with_timezone(zone).date_naive();
    if on < today {
        return Err(vec![invalid("lockedUntil", "This day is over.")]);
    }
    if on > today + LONGEST_KEPT {
        return Err(vec![invalid("lockedUntil", "A node that is set by hand is kept for five years at most.")]);
    }
    Ok(Floor { node: order.node.clone(), on, until: start_of_next(on, *zone) })
}

/// The place that the value gives, or what is kept by hand where that is higher.
fn target(path: &Path, facts: Facts, floor: Option<&Floor>) -> usize {
    let kept = floor.and_then(|floor| path.find(&floor.node)).unwrap_or(0);
    path.place_of(facts.value).max(kept)
}

/// The position at a place of the latest path, without what hangs on a floor.
fn placed(then: &Position, place: usize, facts: Facts, moment: &Moment<'_>) -> Position {
    let path = &moment.paths.latest;
    let node = path.code_at(place);
    let since = if node == then.node { then.since } else { Some(moment.now) };
    Position { path_version: path.version, node, value: facts.value, since, ..then.clone() }
}

/// With the next time at which an award leaves the window, or a floor ends.
fn due(position: Position, facts: Facts, moment: &Moment<'_>) -> Position {
    let leaves_at = facts.earliest.and_then(|at| moment.paths.latest.leaves_at(at, moment.zone));
    let ends_at = position.floor.as_ref().map(|floor| floor.until);
    Position { review_at: leaves_at.into_iter().chain(ends_at).min(), ..position }
}

fn step(then: &Position, now: &Position, (kind, reason): (MoveKind, MoveReason), moment: &Moment<'_>) -> Move {
    let from = moment.paths.get(then.path_version).name_of(&then.node);
    let to = moment.paths.latest.name_of(&now.node);
    let number = then.moves.saturating_add(1);
    Move { number, kind, reason, from: (then.node.clone(), from), to: (now.node.clone(), to) }
}

fn counted(position: Position, moved: Option<&Move>) -> Position {
    Position { moves: moved.map_or(position.moves, |moved| moved.number), ..position }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domains::points::growth::model::Node;

    const ZONE: Tz = chrono_tz::Asia::Shanghai;

    fn at(time: &str) -> DateTime<Utc> {
        time.parse().unwrap()
    }

    fn new() -> Position {
        let node = "NEWCOMER".to_owned();
        Position { path_version: 0, node, value: 0, moves: 0, since: None, floor: None, review_at: None }
    }

    fn earned(value: i64, earliest: &str) -> Facts {
        Facts { value, earliest: Some(at(earliest)) }
    }

    fn told(moved: Option<Move>) -> Option<(MoveKind, MoveReason, String, i64)> {
        moved.map(|moved| (moved.kind, moved.reason, moved.to.0, moved.number))
    }

    #[test]
    fn awards_lead_up_reversals_and_time_down() {
        let paths = Paths::of([]);
        let moment = |now: &str| Moment { now: at(now), zone: ZONE, paths: &paths };
        let facts = earned(600, "2026-01-10T00:00:00Z");
        let (up, moved) = review(&new(), facts, &moment("2026-11-20T00:00:00Z"));
        assert_eq!(told(moved), Some((MoveKind::Promotion, MoveReason::Earned, "CONTRIBUTOR".to_owned(), 1)));
        assert_eq!((up.since, up.review_at), (Some(at("2026-11-20T00:00:00Z")), Some(at("2026-12-31T16:00:00Z"))));
        let (same, moved) = review(&up, facts, &moment("2026-11-21T00:00:00Z"));
        assert_eq!((same == up, moved), (true, None));

        let less = earned(100, "2026-01-10T00:00:00Z");
        let (down, moved) = review(&up, less, &moment("2026-12-01T00:00:00Z"));
        assert_eq!(told(moved), Some((MoveKind::Demotion, MoveReason::Reversed, "ACTIVE".to_owned(), 2)));
        let (low, moved) = review(&down, Facts::default(), &moment("2026-12-31T16:00:00Z"));
        assert_eq!(told(moved), Some((MoveKind::Demotion, MoveReason::Window, "NEWCOMER".to_owned(), 3)));
        assert_eq!(low.review_at, None);
    }

    #[test]
    fn a_node_set_by_hand_is_kept_to_its_day_and_the_value_decides_again() {
        let paths = Paths::of([]);
        let moment = |now: &str| Moment { now: at(now), zone: ZONE, paths: &paths };
        let order = |node: &str, day: Option<&str>| Order {
            node: node.to_owned(),
            kept_on: day.map(|day| day.parse().unwrap()),
        };
        let facts = earned(600, "2026-11-10T00:00:00Z");
        let now = moment("2026-11-20T00:00:00Z");
        let (high, moved) = set(&new(), &order("CORE", None), facts, &now).unwrap();
        assert_eq!((moved.from.0.as_str(), moved.to.1.as_str(), moved.number), ("NEWCOMER", "骨干", 1));
        assert_eq!(high.review_at, Some(at("2026-11-30T16:00:00Z")));
        let (kept, moved) = review(&high, facts, &moment("2026-11-30T15:59:59Z"));
        assert_eq!((kept.node.as_str(), moved), ("CORE", None));
        let (low, moved) = review(&kept, facts, &moment("2026-11-30T16:00:00Z"));
        assert_eq!(told(moved), Some((MoveKind::Demotion, MoveReason::Window, "CONTRIBUTOR".to_owned(), 2)));
        assert_eq!(low.floor, None);

        let refused = |order: Order| set(&new(), &order, facts, &now).unwrap_err()[0].field.clone().unwrap().concat();
        assert_eq!(refused(order("ACTIVE", None)), "node");
        assert_eq!(refused(order("GOLD", None)), "node");
        assert_eq!(refused(order("CORE", Some("2026-11-19"))), "lockedUntil");
        assert_eq!(refused(order("CORE", Some("2036-11-19"))), "lockedUntil");
    }

    #[test]
    fn another_path_moves_everybody_whose_node_is_another_by_it() {
        let node = |code: &str, threshold| Node {
            code: code.to_owned(),
            name: code.to_owned(),
            threshold,
            multiplier_percent: 100,
            perks: Vec::new(),
        };
        let nodes = vec![node("STARTER", 0), node("ACTIVE", 700), node("CORE", 900)];
        let paths = Paths::of([Path { version: 1, nodes, ..Path::default() }]);
        let moment = Moment { now: at("2026-11-20T00:00:00Z"), zone: ZONE, paths: &paths };
        let review = |node: &str, value| {
            let then = Position { node: node.to_owned(), ..new() };
            let (position, moved) = review(&then, earned(value, "2026-11-10T00:00:00Z"), &moment);
            assert_eq!(position.path_version, 1);
            moved.map(|moved| (moved.kind, moved.reason, moved.to.0))
        };
        let moved = |kind, to: &str| Some((kind, MoveReason::PathChanged, to.to_owned()));
        assert_eq!(review("NEWCOMER", 0), moved(MoveKind::Set, "STARTER"));
        assert_eq!(review("ACTIVE", 800), None);
        assert_eq!(review("ACTIVE", 100), moved(MoveKind::Demotion, "STARTER"));
        assert_eq!(review("CONTRIBUTOR", 950), moved(MoveKind::Set, "CORE"));
        assert_eq!(review("NEWCOMER", 800), moved(MoveKind::Promotion, "ACTIVE"));
    }
}
