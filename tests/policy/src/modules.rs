//! The modules of a crate as its files declare them, and which file imports which.
//!
//! A file imports another if its code outside tests names an item that is defined there: in a `use`, or by a path. Names are followed through re-exports to the
//! file that defines them, and a re-export itself (`pub use`) is no import, so that a table of contents does not import its chapters.

mod resolve;

use crate::files;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// The path of a module from the root of its crate.
pub type Path = Vec<String>;

/// One module: what it defines and what it names.
#[derive(Default)]
pub struct Module {
    /// The file that the module is in.
    pub file: String,
    children: BTreeSet<String>,
    defined: BTreeSet<String>,
    uses: Vec<Use>,
    /// Paths of two and more segments in its code.
    paths: BTreeSet<Vec<String>>,
    /// Every identifier in its code.
    words: BTreeSet<String>,
}

/// One name that a `use` brings in; a glob has no name.
struct Use {
    name: Option<String>,
    path: Vec<String>,
    is_public: bool,
}

/// The modules of one crate, without its tests.
pub struct Crate {
    modules: BTreeMap<Path, Module>,
}

impl Crate {
    /// Reads the crate whose root is `lib.rs` in a folder.
    ///
    /// # Errors
    /// If a file cannot be read or is no Rust.
    pub fn read(folder: &str) -> io::Result<Self> {
        let sources = files::below(folder, ".rs")?.into_iter();
        let sources = sources.map(|(path, text)| (path[folder.len() + 1..].to_owned(), path, text));
        let by_name: BTreeMap<String, (String, String)> =
            sources.map(|(name, path, text)| (name, (path, text))).collect();
        Self::of(&by_name)
    }

    /// The crate of these files: their names below the folder, with path and text.
    ///
    /// # Errors
    /// If a file is no Rust, or there is no `lib.rs`.
    pub fn of(sources: &BTreeMap<String, (String, String)>) -> io::Result<Self> {
        let mut found = Self { modules: BTreeMap::new() };
        found.add_file(sources, "lib.rs", &Path::new())?;
        Ok(found)
    }

    /// How many files were read.
    pub fn files(&self) -> usize {
        self.modules.values().map(|module| &module.file).collect::<BTreeSet<_>>().len()
    }

    /// Each file with the files of this crate that it imports.
    pub fn imports(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (path, module) in &self.modules {
            let uses = module
                .uses
                .iter()
                .filter(|u| !u.is_public || u.name.as_ref().is_some_and(|n| module.words.contains(n)));
            let named = uses.map(|u| &u.path).chain(&module.paths);
            let files = named.filter_map(|named| self.file_of(path, named)).filter(|file| *file != module.file);
            found.entry(module.file.clone()).or_default().extend(files.map(str::to_owned));
        }
        found
    }

    fn add_file(
        &mut self,
        sources: &BTreeMap<String, (String, String)>,
        name: &str,
        path: &[String],
    ) -> io::Result<()> {
        let missing = || io::Error::other(format!("no file {name}"));
        let (file, text) = sources.get(name).ok_or_else(missing)?;
        let parsed = syn::parse_file(text).map_err(|e| io::Error::other(format!("{file}: {e}")))?;
        self.add_items(sources, file, path, &parsed.items)
    }

    fn add_items(
        &mut self,
        sources: &BTreeMap<String, (String, String)>,
        file: &str,
        path: &[String],
        items: &[syn::Item],
    ) -> io::Result<()> {
        let mut module = Module { file: file.to_owned(), ..Module::default() };
        for item in items.iter().filter(|item| !is_test(item)) {
            match item {
                syn::Item::Use(item) => {
                    collect_uses(&item.tree, &mut Vec::new(), is_public(&item.vis), &mut module.uses);
                }
                syn::Item::Mod(item) => {
                    let name = item.ident.to_string();
                    let child = [path, std::slice::from_ref(&name)].concat();
                    match &item.content {
                        Some((_, items)) => self.add_items(sources, file, &child, items)?,
                        None => self.add_file(sources, &format!("{}.rs", child.join("/")), &child)?,
                    }
                    module.children.insert(name);
                }
                item => {
                    module.defined.extend(name_of(item));
                    collect_paths(item.to_token_stream(), &mut module);
                }
            }
        }
        self.modules.insert(path.to_vec(), module);
        Ok(())
    }
}

/// Whether it is there in tests alone: `#[cfg(test)]` and nothing beside it.
fn is_test(item: &syn::Item) -> bool {
    let attributes = match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Const(item) => &item.attrs,
        _ => return false,
    };
    let is_test = |a: &syn::Attribute| {
        a.path().is_ident("cfg") && a.to_token_stream().to_string().replace(' ', "") == "#[cfg(test)]"
    };
    attributes.iter().any(is_test)
}

fn is_public(visibility: &syn::Visibility) -> bool {
    !matches!(visibility, syn::Visibility::Inherited)
}

fn name_of(item: &syn::Item) -> Option<String> {
    let name = match item {
        syn::Item::Const(item) => &item.ident,
        syn::Item::Enum(item) => &item.ident,
        syn::Item::Fn(item) => &item.sig.ident,
        syn::Item::Macro(item) => item.ident.as_ref()?,
        syn::Item::Static(item) => &item.ident,
        syn::Item::Struct(item) => &item.ident,
        syn::Item::Trait(item) => &item.ident,
        syn::Item::Type(item) => &item.ident,
        syn::Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

fn collect_uses(tree: &syn::UseTree, prefix: &mut Vec<String>, is_public: bool, found: &mut Vec<Use>) {
    match tree {
        syn::UseTree::Path(tree) => {
            prefix.push(tree.ident.to_string());
            collect_uses(&tree.tree, prefix, is_public, found);
            prefix.pop();
        }
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| collect_uses(tree, prefix, is_public, found)),
        syn::UseTree::Glob(_) => found.push(Use { name: None, path: prefix.clone(), is_public }),
        syn::UseTree::Name(tree) => add_use(&tree.ident.to_string(), None, prefix, is_public, found),
        syn::UseTree::Rename(tree) => {
            add_use(&tree.ident.to_string(), Some(tree.rename.to_string()), prefix, is_public, found);
        }
    }
}

fn add_use(name: &str, renamed: Option<String>, prefix: &[String], is_public: bool, found: &mut Vec<Use>) {
    let mut path = prefix.to_vec();
    if name != "self" {
        path.push(name.to_owned());
    }
    let name = renamed.or_else(|| path.last().cloned());
    found.push(Use { name, path, is_public });
}

/// Collects `a::b::c` wherever it stands, in the arguments of macros too.
fn collect_paths(tokens: TokenStream, module: &mut Module) {
    let mut path: Vec<String> = Vec::new();
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(word) => {
                let word = word.to_string();
                if colons != 2 {
                    module.end_path(&mut path);
                }
                module.words.insert(word.clone());
                path.push(word);
                colons = 0;
            }
            TokenTree::Punct(mark) if mark.as_char() == ':' && colons < 2 && !path.is_empty() => colons += 1,
            other => {
                module.end_path(&mut path);
                colons = 0;
                if let TokenTree::Group(group) = other {
                    collect_paths(group.stream(), module);
                }
            }
        }
    }
    module.end_path(&mut path);
}

impl Module {
    fn end_path(&mut self, path: &mut Vec<String>) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.paths.insert(path);
        }
    }
}
