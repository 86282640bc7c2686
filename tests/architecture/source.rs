//! The files of `src/` and every path in them that leads through the crate.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// One file below `src/`.
pub(super) struct SourceFile {
    pub(super) path: PathBuf,
    /// Its module path: `["pixel", "codec"]`, `["server"]`, `["lib"]`, `["main"]`.
    pub(super) module: Vec<String>,
    pub(super) text: String,
}

/// A path found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UsedPath {
    /// From the root of the crate, or as it stands if it is `relative`.
    pub(super) segments: Vec<String>,
    /// Begins with a word of its own, neither `crate` nor `super` nor `self`.
    pub(super) relative: bool,
    pub(super) line: usize,
    pub(super) kind: Kind,
}

/// How a path is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `use …`
    Import,
    /// `pub use …`
    Export,
    /// In the middle of code.
    InPlace,
}

/// What a file says, besides its comments.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) paths: Vec<UsedPath>,
    /// Every word with its line.
    pub(super) words: Vec<(String, usize)>,
    /// Modules in files of their own that are compiled for tests alone.
    pub test_modules: Vec<String>,
}

impl UsedPath {
    /// The name by which an import is known in its file.
    pub(super) fn name(&self) -> Option<&str> {
        self.segments.last().map(String::as_str)
    }
}

impl SourceFile {
    pub(super) fn sample(module: &[&str], text: &str) -> Self {
        Self {
            path: PathBuf::from(format!("src/{}.rs", module.join("/"))),
            module: module.iter().map(ToString::to_string).collect(),
            text: text.into(),
        }
    }

    pub(super) fn room(&self) -> &str {
        &self.module[0]
    }

    /// The module as paths name it: `lib` and `main` are the root.
    pub(super) fn inside(&self) -> &[String] {
        if matches!(self.room(), "lib" | "main") { &[] } else { &self.module }
    }

    /// Everything in it, tests included.
    pub(super) fn contents(&self) -> Contents {
        self.read(true)
    }

    /// What is compiled into the program.
    pub(super) fn contents_without_tests(&self) -> Contents {
        self.read(false)
    }

    fn read(&self, with_tests: bool) -> Contents {
        let tokens: TokenStream = self.text.parse().expect("the compiler has read this file before us");
        let mut reader = Reader { with_tests, contents: Contents::default() };
        reader.read(tokens, self.inside());
        reader.contents
    }
}

/// Every `.rs` file below `src/`.
pub(super) fn source_files() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("src/ is readable") {
            let path = entry.expect("src/ is readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("source files are readable text");
                let path = path.strip_prefix(root).expect("found below the root").to_path_buf();
                let mut module: Vec<String> = path
                    .with_extension("")
                    .iter()
                    .skip(1)
                    .map(|name| name.to_str().expect("file names are plain").to_owned())
                    .collect();
                if module.len() > 1 && module.last().is_some_and(|name| name == "mod") {
                    module.pop();
                }
                files.push(SourceFile { path, module, text });
            }
        }
    }
    assert!(files.len() > 10, "src/ was not found");
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

/// Goes through the tokens of a file.
struct Reader {
    with_tests: bool,
    contents: Contents,
}

impl Reader {
    /// Reads `tokens`, which stand inside the module `inside`.
    fn read(&mut self, tokens: TokenStream, inside: &[String]) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        let mut public = false;
        while at < tokens.len() {
            if !self.with_tests && is_test_attribute(&tokens, at) {
                at = self.skip_item(&tokens, at + 2);
                continue;
            }
            match &tokens[at] {
                TokenTree::Ident(word) if word == "pub" => public = true,
                TokenTree::Ident(word) if word == "use" => {
                    let kind = if public { Kind::Export } else { Kind::Import };
                    at = self.path(&tokens, at + 1, inside, kind);
                }
                TokenTree::Ident(word) => {
                    if let ("mod", Some(TokenTree::Ident(child)), Some(TokenTree::Group(body))) =
                        (word.to_string().as_str(), tokens.get(at + 1), tokens.get(at + 2))
                    {
                        self.read(body.stream(), &[inside, &[child.to_string()]].concat());
                        at += 2;
                    } else {
                        at = self.path(&tokens, at, inside, Kind::InPlace);
                    }
                }
                TokenTree::Group(group) => self.read(group.stream(), inside),
                TokenTree::Punct(_) => public = false,
                TokenTree::Literal(_) => {}
            }
            at += 1;
        }
    }

    /// Reads the path or lone word that begins at `at`; gives back where it ends.
    fn path(&mut self, tokens: &[TokenTree], at: usize, inside: &[String], kind: Kind) -> usize {
        let Some(TokenTree::Ident(word)) = tokens.get(at) else { return at };
        let (name, line) = (word.to_string(), word.span().start().line);
        let (root, relative) = match name.as_str() {
            "crate" | "trifocal" => (Vec::new(), false),
            "self" => (inside.to_vec(), false),
            "super" => (inside[..inside.len().saturating_sub(1)].to_vec(), false),
            _ => (vec![name.clone()], true),
        };
        self.contents.words.push((name, line));
        if kind != Kind::InPlace || is_path_separator(tokens, at + 1) {
            return self.follow(tokens, at + 1, UsedPath { segments: root, relative, line, kind });
        }
        at
    }

    /// Follows `::name`, `::super`, `::{…}` from `at`; `so_far` is what stands before it.
    fn follow(&mut self, tokens: &[TokenTree], at: usize, mut so_far: UsedPath) -> usize {
        if !is_path_separator(tokens, at) {
            self.contents.paths.push(so_far);
            return at.saturating_sub(1);
        }
        match tokens.get(at + 2) {
            Some(TokenTree::Ident(word)) => {
                so_far.line = word.span().start().line;
                if word == "super" {
                    so_far.segments.pop();
                } else {
                    self.contents.words.push((word.to_string(), so_far.line));
                    so_far.segments.push(word.to_string());
                }
                self.follow(tokens, at + 3, so_far)
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let branches: Vec<TokenTree> = group.stream().into_iter().collect();
                for branch in branches.split(is_comma).filter(|branch| !branch.is_empty()) {
                    let mut path = so_far.clone();
                    path.line = branch[0].span().start().line;
                    match &branch[0] {
                        TokenTree::Ident(word) if word == "self" => {}
                        first => path.segments.push(first.to_string()),
                    }
                    self.contents.words.push((branch[0].to_string(), path.line));
                    self.follow(branch, 1, path);
                }
                at + 2
            }
            // `*`, or something generic: the path so far is what is used; a star at the root uses everything.
            star => {
                if let (Some(star), true) = (star, so_far.segments.is_empty()) {
                    so_far.segments.push(star.to_string());
                }
                self.contents.paths.push(so_far);
                at + 1
            }
        }
    }

    /// Skips what `#[cfg(test)]` stands before; gives back where the next item begins.
    fn skip_item(&mut self, tokens: &[TokenTree], mut at: usize) -> usize {
        let mut words = Vec::new();
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                TokenTree::Ident(word) => words.push(word.to_string()),
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => break,
                TokenTree::Punct(mark) if mark.as_char() == ';' => {
                    if let [.., keyword, name] = words.as_slice()
                        && keyword == "mod"
                    {
                        self.contents.test_modules.push(name.clone());
                    }
                    break;
                }
                _ => {}
            }
        }
        at
    }
}

/// Whether `#[cfg(test)]` stands at `at`.
fn is_test_attribute(tokens: &[TokenTree], at: usize) -> bool {
    let (Some(TokenTree::Punct(mark)), Some(TokenTree::Group(attribute))) =
        (tokens.get(at), tokens.get(at + 1))
    else {
        return false;
    };
    mark.as_char() == '#' && attribute.stream().to_string().replace(' ', "") == "cfg(test)"
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(mark) if mark.as_char() == ',')
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    matches!(
        (tokens.get(at), tokens.get(at + 1)),
        (Some(TokenTree::Punct(one)), Some(TokenTree::Punct(two)))
            if one.as_char() == ':' && one.spacing() == Spacing::Joint && two.as_char() == ':'
    )
}
