//! Formulas in the notation of Terraform: a list of names with their expressions, reckoned in order. Documents state theirs in
//! blocks of code; so a table beside them can be compared with what they come to.

use hcl::eval::{Context, Evaluate, FuncArgs, FuncDef, ParamType};
use hcl::{Expression, Value};
use std::collections::BTreeMap;

/// Names with their expressions, in order.
#[derive(Debug)]
pub struct Formulas(Vec<(String, Expression)>);

impl Formulas {
    /// The formulas of a document: all its blocks of code that are marked `hcl`.
    ///
    /// # Errors
    /// If a block is not HCL.
    pub fn of_document(text: &str) -> Result<Self, hcl::Error> {
        let blocks = text.split("```hcl\n").skip(1).filter_map(|rest| rest.split("```").next());
        let bodies: Vec<hcl::Body> = blocks.map(hcl::parse).collect::<Result<_, _>>()?;
        let attributes = bodies.into_iter().flat_map(hcl::Body::into_attributes);
        Ok(Self(attributes.map(|attribute| (attribute.key.as_str().to_owned(), attribute.expr)).collect()))
    }

    /// The values of all of them. What is given stands in the place of the formula of that name.
    ///
    /// # Errors
    /// If one cannot be reckoned, such as for a name that does not stand before it.
    pub fn reckon(&self, given: &[(&str, f64)]) -> Result<BTreeMap<String, f64>, String> {
        let mut context = context();
        let mut values = BTreeMap::new();
        for (name, expression) in &self.0 {
            let value = match given.iter().find(|(given, _)| given == name) {
                Some((_, value)) => *value,
                None => number(expression, &context).map_err(|error| format!("{name}: {error}"))?,
            };
            context.declare_var(name.as_str(), value);
            values.insert(name.clone(), value);
        }
        Ok(values)
    }
}

/// A Terraform expression over locals.
///
/// # Errors
/// If it cannot be reckoned, such as for a local that is not given.
pub fn reckon(expression: &Expression, locals: &[(&str, f64)]) -> Result<f64, String> {
    let mut context = context();
    let locals: hcl::Map<String, Value> = locals.iter().map(|(k, v)| ((*k).to_owned(), Value::from(*v))).collect();
    context.declare_var("local", Value::Object(locals));
    number(expression, &context)
}

fn number(expression: &Expression, context: &Context<'_>) -> Result<f64, String> {
    let value = expression.evaluate(context).map_err(|error| error.to_string())?;
    value.as_number().and_then(hcl::Number::as_f64).ok_or_else(|| format!("{value} is no number"))
}

/// The functions of Terraform that formulas use.
fn context() -> Context<'static> {
    let variadic = |function| FuncDef::builder().variadic_param(ParamType::Number).build(function);
    let mut context = Context::new();
    context.declare_func("max", variadic(|args| fold(&args, f64::max)));
    context.declare_func("min", variadic(|args| fold(&args, f64::min)));
    context.declare_func("ceil", variadic(|args| fold(&args, f64::max).map(|value| rounded(&value, f64::ceil))));
    context.declare_func("floor", variadic(|args| fold(&args, f64::max).map(|value| rounded(&value, f64::floor))));
    context
}

fn fold(args: &FuncArgs, pick: fn(f64, f64) -> f64) -> Result<Value, String> {
    let numbers = args.variadic_args().filter_map(Value::as_number).filter_map(hcl::Number::as_f64);
    numbers.reduce(pick).map(Value::from).ok_or_else(|| "no number is given".to_owned())
}

fn rounded(value: &Value, round: fn(f64) -> f64) -> Value {
    value.as_number().and_then(hcl::Number::as_f64).map_or(Value::Null, |number| Value::from(round(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_reckoned_in_order() {
        let text = "Words.\n```hcl\na = 3 # three\nb = a < 4 ? ceil(a / 2) : 0\n```\n```sh\nc = 1\n```\n```hcl\nd = max(a, b, 1) * 2\n```\n";
        let formulas = Formulas::of_document(text).unwrap();
        let values = formulas.reckon(&[]).unwrap();
        assert_eq!((values["b"].to_string(), values["d"].to_string()), ("2".to_owned(), "6".to_owned()));
        assert_eq!(formulas.reckon(&[("a", 9.0)]).unwrap()["d"].to_string(), "18");
    }

    #[test]
    fn a_name_from_below_is_an_error() {
        let error = Formulas::of_document("```hcl\na = b\nb = 1\n```").unwrap().reckon(&[]).unwrap_err();
        assert!(error.starts_with("a: "), "{error}");
    }

    #[test]
    fn locals_are_found_under_their_prefix() {
        let body: hcl::Body = hcl::parse("x = local.n - max(1, floor(local.n / 16))").unwrap();
        let expression = body.attributes().next().unwrap().expr();
        assert_eq!(reckon(expression, &[("n", 31.0)]), Ok(30.0));
        assert!(reckon(expression, &[]).is_err());
    }
}
