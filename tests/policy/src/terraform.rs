//! A folder of Terraform files, read as one module. Knows the language's blocks, not what they mean.

use crate::files;
use hcl::{Block, Body, Expression};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// All blocks of a module's folder (not of the folders below it).
#[derive(Debug)]
pub struct Module {
    blocks: Vec<Block>,
}

impl Module {
    /// Reads a folder of the workspace.
    ///
    /// # Errors
    /// If a file cannot be read or is not HCL.
    pub fn read(folder: impl AsRef<Path>) -> io::Result<Self> {
        let folder = folder.as_ref();
        let mut blocks = Vec::new();
        for (path, text) in files::below(folder, ".tf")? {
            if Path::new(&path).parent() == Some(folder) {
                let invalid = |e| io::Error::new(io::ErrorKind::InvalidData, format!("{path}: {e}"));
                blocks.extend(parse(&text).map_err(invalid)?);
            }
        }
        Ok(Self { blocks })
    }

    /// A module given as text.
    ///
    /// # Errors
    /// If it is not HCL.
    pub fn parse(text: &str) -> Result<Self, hcl::Error> {
        Ok(Self { blocks: parse(text)? })
    }

    /// The body of a block by its keyword and labels: `("resource", &["aws_lambda_function", "this"])`.
    pub fn block(&self, keyword: &str, labels: &[&str]) -> Option<&Body> {
        let mut found = self.blocks.iter().filter(|b| b.identifier() == keyword && has_labels(b, labels));
        found.next().map(Block::body)
    }

    /// The first labels of all blocks with a keyword: the names of variables, of outputs.
    pub fn names(&self, keyword: &str) -> Vec<&str> {
        let blocks = self.blocks.iter().filter(|b| b.identifier() == keyword);
        blocks.filter_map(|b| b.labels().first()).map(hcl::BlockLabel::as_str).collect()
    }

    /// A local value.
    pub fn local(&self, name: &str) -> Option<&Expression> {
        let mut locals = self.blocks.iter().filter(|b| b.identifier() == "locals");
        locals.find_map(|b| attribute(b.body(), name))
    }

    /// All local values, with their names.
    pub fn locals(&self) -> impl Iterator<Item = (&str, &Expression)> {
        let locals = self.blocks.iter().filter(|b| b.identifier() == "locals");
        locals.flat_map(|b| b.body().attributes()).map(|a| (a.key(), a.expr()))
    }

    /// The names of all resources of a kind.
    pub fn resources(&self, kind: &str) -> Vec<&str> {
        let resources = self.blocks.iter().filter(|b| b.identifier() == "resource");
        let of_kind = resources.filter(|b| b.labels().first().is_some_and(|label| label.as_str() == kind));
        of_kind.filter_map(|b| b.labels().get(1)).map(hcl::BlockLabel::as_str).collect()
    }

    /// The default of a variable.
    pub fn default_of(&self, variable: &str) -> Option<&Expression> {
        attribute(self.block("variable", &[variable])?, "default")
    }
}

fn parse(text: &str) -> Result<Vec<Block>, hcl::Error> {
    Ok(hcl::parse(text)?.into_blocks().collect())
}

fn has_labels(block: &Block, labels: &[&str]) -> bool {
    block.labels().iter().map(hcl::BlockLabel::as_str).eq(labels.iter().copied())
}

/// The value of an attribute in a body.
pub fn attribute<'a>(body: &'a Body, key: &str) -> Option<&'a Expression> {
    body.attributes().find(|a| a.key() == key).map(hcl::Attribute::expr)
}

/// The blocks with a keyword in a body, those of `dynamic` blocks included.
pub fn nested<'a>(body: &'a Body, keyword: &str) -> Vec<&'a Body> {
    let mut found = Vec::new();
    for block in body.blocks() {
        if block.identifier() == keyword {
            found.push(block.body());
        } else if block.identifier() == "dynamic" && has_labels(block, &[keyword]) {
            found.extend(nested(block.body(), "content"));
        }
    }
    found
}

/// The keys of an object and their values, as written: a string without its quotes, anything else as HCL.
pub fn object(value: &Expression) -> Option<BTreeMap<String, String>> {
    let Expression::Object(entries) = value else {
        return None;
    };
    let pairs = entries.iter().map(|(k, v)| (hcl::ObjectKey::to_string(k), written(v)));
    Some(pairs.map(|(k, v)| (k.trim_matches('"').to_owned(), v)).collect())
}

/// The entries of an object, their values as expressions.
pub fn entries(value: &Expression) -> Option<Vec<(String, &Expression)>> {
    let Expression::Object(entries) = value else {
        return None;
    };
    Some(entries.iter().map(|(k, v)| (hcl::ObjectKey::to_string(k).trim_matches('"').to_owned(), v)).collect())
}

/// The elements of a list, as written.
pub fn list(value: &Expression) -> Option<Vec<String>> {
    let Expression::Array(elements) = value else {
        return None;
    };
    Some(elements.iter().map(written).collect())
}

/// An expression as written: a string without its quotes, anything else as HCL.
pub fn written(value: &Expression) -> String {
    match value {
        Expression::String(text) => text.clone(),
        Expression::TemplateExpr(template) => {
            let quoted = template.to_string();
            quoted.trim_matches('"').to_owned()
        }
        other => hcl::format::to_string(other).unwrap_or_else(|e| format!("<{e}>")),
    }
}
