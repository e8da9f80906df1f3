//! Follows a path, through re-exports, to the file that defines what it names.

use super::{Crate, Module, Path};

/// Re-exports that lead in a ring would be followed for ever; no honest chain is this long.
const STEPS: usize = 16;

impl Crate {
    /// The file that defines what `named` means in the module at `from`; nothing for names of other crates, and for a module by itself.
    pub(super) fn file_of(&self, from: &[String], named: &[String]) -> Option<&str> {
        self.find(from, named, STEPS).map(|module| module.file.as_str())
    }

    fn find(&self, from: &[String], named: &[String], steps: usize) -> Option<&Module> {
        let steps = steps.checked_sub(1)?;
        let (first, rest) = named.split_first()?;
        match first.as_str() {
            "crate" => self.below(Path::new(), rest, steps),
            "self" => self.below(from.to_vec(), rest, steps),
            "super" => self.below(from.split_last()?.1.to_vec(), rest, steps),
            _ => self.below_if_known(from, named, steps),
        }
    }

    /// A path that begins with a name: known in this module, or the name of another crate.
    fn below_if_known(&self, from: &[String], named: &[String], steps: usize) -> Option<&Module> {
        let module = self.modules.get(from)?;
        let first = &named[0];
        let is_known = module.children.contains(first)
            || module.defined.contains(first)
            // `use serde;` names another crate by its own name.
            || module.uses.iter().any(|u| u.name.as_ref() == Some(first) && u.path != [first.clone()]);
        if is_known { self.below(from.to_vec(), named, steps) } else { self.through_globs(from, named, steps) }
    }

    /// Walks down from a module, one segment after the other.
    fn below(&self, mut at: Path, named: &[String], steps: usize) -> Option<&Module> {
        for (place, segment) in named.iter().enumerate() {
            if segment == "super" {
                at.pop()?;
                continue;
            }
            let module = self.modules.get(&at)?;
            if module.children.contains(segment) {
                at.push(segment.clone());
            } else if module.defined.contains(segment) {
                return Some(module);
            } else if let Some(found) = module.uses.iter().find(|u| u.name.as_ref() == Some(segment)) {
                let whole = [&found.path[..], &named[place + 1..]].concat();
                return self.find(&at, &whole, steps.checked_sub(1)?);
            } else {
                return self.through_globs(&at, &named[place..], steps);
            }
        }
        None
    }

    fn through_globs(&self, at: &[String], named: &[String], steps: usize) -> Option<&Module> {
        let steps = steps.checked_sub(1)?;
        let globs = self.modules.get(at)?.uses.iter().filter(|u| u.name.is_none());
        globs.filter(|u| u.path.first() != named.first()).find_map(|glob| {
            let whole = [&glob.path[..], named].concat();
            self.find(at, &whole, steps)
        })
    }
}
