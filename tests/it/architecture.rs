//! The shape that `api/ARCHITECTURE.md` draws is the shape that `api/src` has. Looks at files, needs no server.

mod rules;
mod slices;
mod source;
mod tokens;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rules::{EXCEPTIONS, PLACES, RULES, covers, is_excused, misplaced_calls, role_of};
use slices::{SLICES, TABLES};
use source::{Program, Source};

/// Macros that `macro_export` lifts to the crate's root, and where they are declared.
const MACROS: &[(&str, &str)] =
    &[("named_enum", "crate::platform::named::named_enum"), ("payloads", "crate::graphql::mutation::payloads")];
const MOST_LINES: usize = 400;

#[test]
fn every_file_keeps_the_rules() {
    let (program, files) = product();
    let found: Vec<_> = files.iter().flat_map(|(file, text)| faults(&program.read(file, text))).collect();
    assert!(found.is_empty(), "{} places:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_rule_catches_its_examples() {
    let (program, _) = product();
    for rule in RULES {
        assert!(!rule.caught.is_empty(), "{} has no example", rule.name);
        for (file, snippet) in rule.caught {
            let found = faults(&program.read(file, snippet));
            assert!(
                found.iter().any(|fault| fault.ends_with(rule.name)),
                "{} lets through: {snippet}\n{found:?}",
                rule.name
            );
        }
    }
    let calls = program.read("domains/members/service.rs", "async fn f(db: Db) { db\n.system().await }");
    assert_eq!(misplaced_calls(&calls), [(2, "system".to_owned())]);
}

#[test]
fn what_is_allowed_or_only_talked_about_is_let_through() {
    let (program, _) = product();
    let allowed = [
        ("domains/auth/model.rs", "// crate::http::serve\n/* outer /* use sqlx::Pool; */ actix_web::App */"),
        (
            "domains/auth/model.rs",
            r##"const A: &str = "use sqlx::Pool;\" crate::http"; const B: &str = r#"" crate::http::x"#;"##,
        ),
        (
            "domains/auth/model.rs",
            "fn f<'a>(c: char, s: &'a str) { c == '\"' || c == '\\'' ; Column::Id } // \" crate::http::x",
        ),
        ("domains/members/graphql/object.rs", "use crate::graph::community::Community;"),
        ("domains/members/service.rs", "use crate::domains::communities::Communities;"),
        ("domains/mod.rs", "pub mod tenants;"),
    ];
    for (file, snippet) in allowed {
        assert_eq!(faults(&program.read(file, snippet)), Vec::<String>::new(), "{snippet}");
    }
}

#[test]
fn every_exception_is_needed() {
    let (program, files) = product();
    let sources: Vec<_> = files.iter().map(|(file, text)| program.read(file, text)).collect();
    for exception in EXCEPTIONS {
        let needs = |source: &Source| {
            let breaks = |mention| RULES.iter().any(|rule| (rule.breaks)(source, mention));
            source.mentions.iter().any(|mention| covers(exception, source, mention) && breaks(mention))
        };
        assert!(sources.iter().any(needs), "nothing needs this exception any more: {exception:?}");
    }
}

#[test]
fn every_file_has_a_role_or_a_place() {
    let (_, files) = product();
    let is_known = |file: &str| match file.strip_prefix("domains/") {
        Some(inside) => inside.ends_with("mod.rs") || role_of(file).is_some(),
        None => PLACES.iter().any(|(place, _)| file.starts_with(place)),
    };
    let unknown: Vec<_> = files.iter().map(|(file, _)| file).filter(|file| !is_known(file)).collect();
    assert!(unknown.is_empty(), "say in ROLES or PLACES what they may name: {unknown:?}");
}

#[test]
fn the_slices_are_those_of_the_table_of_contents_in_its_order() {
    let contents = read(&root().join("api/src/domains/mod.rs"));
    let named: Vec<_> = contents.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let known: Vec<_> = SLICES.iter().map(|(name, _)| *name).collect();
    assert_eq!(named, known);
    for (place, (slice, below)) in SLICES.iter().enumerate() {
        assert!(below.iter().all(|other| known[..place].contains(other)), "{slice} stands on what comes after it");
    }
}

#[test]
fn every_table_has_an_owner() {
    let entity = root().join("entity/src");
    let mut tables: Vec<_> =
        files_below(&entity, &entity).into_iter().map(|(file, _)| file.replace(".rs", "")).collect();
    tables.retain(|table| table != "lib");
    let mut owned: Vec<_> = TABLES.iter().map(|(table, _)| (*table).to_owned()).collect();
    tables.sort();
    owned.sort();
    assert_eq!(owned, tables);
}

#[test]
fn no_source_file_is_longer_than_400_lines() {
    let (program, files) = product();
    let sources = files.iter().map(|(file, text)| program.read(file, text));
    let long: Vec<_> = sources.filter(|source| source.lines > MOST_LINES).map(|s| (s.file, s.lines)).collect();
    assert!(long.is_empty(), "split by use case or noun: {long:?}");
}

#[test]
fn every_path_that_the_map_names_exists() {
    let map = read(&root().join("api/ARCHITECTURE.md"));
    let named = map.split('`').skip(1).step_by(2).filter(|code| is_path(code));
    let named: HashSet<_> =
        named.chain(map.split(['(', ')']).skip(1).step_by(2).filter(|link| is_path(link))).collect();
    assert!(named.len() > 30, "the map names only {} paths", named.len());
    let bases = [root(), root().join("api"), root().join("api/src")];
    let gone: Vec<_> = named.iter().filter(|path| !bases.iter().any(|base| base.join(path).exists())).collect();
    assert!(gone.is_empty(), "api/ARCHITECTURE.md names what is not there: {gone:?}");
}

/// A path in the map has a slash or ends like a file, and no spaces; it starts at the root, in `api` or in `api/src`.
fn is_path(text: &str) -> bool {
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c)) && !text.starts_with('/');
    // A word for a file of every slice, not one file.
    let is_word = text == "mod.rs";
    is_plain
        && !is_word
        && (text.contains('/') || [".rs", ".md", ".toml", ".graphql"].iter().any(|end| text.ends_with(end)))
}

/// What is wrong with a file: place, what it names, and the rule.
fn faults(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for mention in &source.mentions {
        for rule in RULES.iter().filter(|rule| (rule.breaks)(source, mention) && !is_excused(source, mention)) {
            found.push(format!("{}:{} names {}: {}", source.file, mention.line, mention.declared, rule.name));
        }
    }
    for (line, call) in misplaced_calls(source) {
        found.push(format!("{}:{line} calls {call}(): authority over all tenants is taken in few places", source.file));
    }
    found
}

fn product() -> (Program, Vec<(String, String)>) {
    let src = root().join("api/src");
    let files = files_below(&src, &src);
    assert!(files.len() > 50, "api/src was not found");
    let manifest = read(&root().join("api/Cargo.toml"));
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let names = dependencies.lines().filter_map(|line| Some(line.split(['=', '.']).next()?.trim().replace('-', "_")));
    (Program::new(&files, names.collect(), MACROS), files)
}

/// Every Rust file below `folder`: its path below `base`, and its text.
fn files_below(folder: &Path, base: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path, base));
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push((path.strip_prefix(base).unwrap().to_str().unwrap().to_owned(), read(&path)));
        }
    }
    files.sort();
    files
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
