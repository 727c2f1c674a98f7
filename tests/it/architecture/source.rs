//! Which paths a file names, wherever they stand: `use` trees are spread, `self`, `super` and names brought in
//! by `use` are followed, and so are re-exports, to the file that declares what is named.

use std::collections::{HashMap, HashSet};

use super::tokens::{Token, tokens};

type Path = Vec<String>;

/// A path that leads out of its line: into the crate or into a library.
pub(super) struct Mention {
    pub(super) line: usize,
    /// As it was reached: `crate::domains::auth::Auth`.
    pub(super) reached: String,
    /// Where re-exports lead it: `crate::domains::auth::service::Auth`.
    pub(super) declared: String,
}

/// A file below `api/src`, and what it names.
pub(super) struct Source {
    pub(super) file: String,
    pub(super) lines: usize,
    pub(super) mentions: Vec<Mention>,
    /// Every `.name(` with its line.
    pub(super) calls: Vec<(usize, String)>,
}

/// All files together, as far as following a path needs them.
pub(super) struct Program {
    libraries: HashSet<String>,
    /// A name brought into a module, and what it stands for.
    exports: HashMap<Path, Path>,
}

impl Program {
    /// From files (path below `api/src`, text), libraries, and the macros that `macro_export` lifts to the root.
    pub(super) fn new(files: &[(String, String)], libraries: HashSet<String>, macros: &[(&str, &str)]) -> Self {
        let lifted = macros.iter().map(|(name, home)| (split(&format!("crate::{name}")), split(home)));
        let mut program = Self { libraries, exports: lifted.collect() };
        for (file, text) in files {
            let outline = Outline::of(file, text);
            for written in outline.paths.iter().filter(|written| written.name.is_some()) {
                let name = joined(&written.module, written.name.as_slice());
                if let Some(target) = program.resolve(&outline, &written.module, &written.path, 0)
                    && target != name
                {
                    program.exports.insert(name, target);
                }
            }
        }
        program
    }

    /// What `text` names, as the content of `file`.
    pub(super) fn read(&self, file: &str, text: &str) -> Source {
        let outline = Outline::of(file, text);
        let mention = |written: &Written| {
            let reached = self.resolve(&outline, &written.module, &written.path, 0)?;
            let declared = self.follow(reached.clone()).join("::");
            Some(Mention { line: written.line, reached: reached.join("::"), declared })
        };
        let mentions = outline.paths.iter().filter_map(mention).collect();
        Source { file: file.to_owned(), lines: text.lines().count(), mentions, calls: outline.calls }
    }

    /// The path from the crate's root or from a library; None for what is local.
    fn resolve(&self, outline: &Outline, module: &[String], path: &[String], hops: usize) -> Option<Path> {
        let (head, tail) = path.split_first()?;
        match head.as_str() {
            "crate" => Some(path.to_vec()),
            "self" => Some(joined(module, tail)),
            "super" => {
                let (_, parent) = module.split_last()?;
                let climbs = tail.first().is_some_and(|next| next == "super");
                if climbs { self.resolve(outline, parent, tail, hops) } else { Some(joined(parent, tail)) }
            }
            _ if outline.children.contains(&joined(module, &path[..1])) => Some(joined(module, path)),
            _ => match outline.names.get(head) {
                Some((home, target)) if target[0] != *head && hops < 8 => {
                    self.resolve(outline, home, &joined(target, tail), hops + 1)
                }
                _ => self.libraries.contains(head).then(|| path.to_vec()),
            },
        }
    }

    fn follow(&self, mut path: Path) -> Path {
        for _ in 0..8 {
            let hop = (2..=path.len()).find_map(|length| Some((length, self.exports.get(&path[..length])?)));
            let Some((length, target)) = hop else { break };
            path = joined(target, &path[length..]);
        }
        path
    }
}

/// A path as it stands in a file.
struct Written {
    line: usize,
    module: Path,
    path: Path,
    /// What a `use` calls it here.
    name: Option<String>,
}

/// What one file says without looking at others.
struct Outline {
    paths: Vec<Written>,
    /// What `use` brings in, and the module and path it comes from.
    names: HashMap<String, (Path, Path)>,
    /// The modules declared here.
    children: HashSet<Path>,
    calls: Vec<(usize, String)>,
}

impl Outline {
    fn of(file: &str, text: &str) -> Self {
        let tokens = tokens(text);
        let mut walk = Walk { tokens: &tokens, at: 0, paths: Vec::new(), module: module_of(file) };
        let mut outline =
            Self { paths: Vec::new(), names: HashMap::new(), children: HashSet::new(), calls: Vec::new() };
        let mut inline = Vec::new();
        let mut depth = 0_usize;
        while let Some(token) = walk.peek(0) {
            let (before, next) = (walk.before(), walk.text(1));
            match token.text.as_str() {
                "{" => depth += 1,
                "}" => {
                    depth = depth.saturating_sub(1);
                    if inline.last() == Some(&depth) {
                        inline.pop();
                        walk.module.pop();
                    }
                }
                "mod" if is_name(next) => {
                    let child = joined(&walk.module, &[next.to_owned()]);
                    outline.children.insert(child.clone());
                    if walk.text(2) == "{" {
                        inline.push(depth);
                        walk.module = child;
                    }
                }
                "use" if is_name(next) || next == "::" => {
                    walk.at += 1;
                    walk.tree(&[], true);
                    continue;
                }
                name if is_name(name) && before == "." && next == "(" => {
                    outline.calls.push((token.line, name.to_owned()));
                }
                name if is_name(name) && next == "::" && before != "::" => {
                    walk.tree(&[], false);
                    continue;
                }
                _ => {}
            }
            walk.at += 1;
        }
        outline.paths = walk.paths;
        for written in &outline.paths {
            if let Some(name) = &written.name {
                outline.names.insert(name.clone(), (written.module.clone(), written.path.clone()));
            }
        }
        outline
    }
}

struct Walk<'a> {
    tokens: &'a [Token],
    at: usize,
    paths: Vec<Written>,
    module: Path,
}

impl Walk<'_> {
    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }

    fn text(&self, ahead: usize) -> &str {
        self.peek(ahead).map_or("", |token| &token.text)
    }

    fn before(&self) -> &str {
        self.at.checked_sub(1).map_or("", |at| &self.tokens[at].text)
    }

    /// Reads one path below `prefix`, or in a `use` all paths of a tree.
    fn tree(&mut self, prefix: &[String], is_use: bool) {
        let line = self.peek(0).map_or(0, |token| token.line);
        let mut path = prefix.to_vec();
        loop {
            match self.text(0) {
                "::" => self.at += 1,
                "{" if is_use => {
                    self.at += 1;
                    while !["}", ""].contains(&self.text(0)) {
                        self.tree(&path, true);
                        self.at += usize::from(self.text(0) == ",");
                    }
                    self.at += 1;
                    return;
                }
                part if is_name(part) || part == "*" => {
                    path.push(part.to_owned());
                    self.at += 1;
                    if self.text(0) != "::" {
                        break;
                    }
                }
                _ => break,
            }
        }
        if is_use && path.len() > 1 && path.last().is_some_and(|part| part == "self") {
            path.pop();
        }
        let mut name = path.last().cloned();
        if is_use && self.text(0) == "as" {
            name = Some(self.text(1).to_owned());
            self.at += 2;
        }
        let name = name.filter(|name| is_use && !["*", "_"].contains(&name.as_str()));
        self.paths.push(Written { line, module: self.module.clone(), path, name });
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn module_of(file: &str) -> Path {
    let mut module = split(&format!("crate/{}", file.trim_end_matches(".rs")).replace('/', "::"));
    if ["mod", "lib", "main"].contains(&module[module.len() - 1].as_str()) {
        module.pop();
    }
    module
}

fn joined(front: &[String], back: &[String]) -> Path {
    front.iter().chain(back).cloned().collect()
}

fn split(path: &str) -> Path {
    path.split("::").map(str::to_owned).collect()
}
