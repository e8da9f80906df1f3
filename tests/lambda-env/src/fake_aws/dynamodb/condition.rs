//! `KeyConditionExpression`: one equality on the hash key, at most one condition on the sort key. It reads no table.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    answer::{ServiceError, invalid},
    arguments::resolve,
    value::Scalar,
};

/// A parsed key condition.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KeyCondition {
    pub(super) hash: (String, Scalar),
    pub(super) sort: Option<(String, SortCondition)>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum SortCondition {
    Equal(Scalar),
    Less(Scalar),
    LessOrEqual(Scalar),
    Greater(Scalar),
    GreaterOrEqual(Scalar),
    Between(Scalar, Scalar),
    BeginsWith(Scalar),
}

impl SortCondition {
    pub(super) fn holds(&self, value: &Scalar) -> bool {
        match self {
            Self::Equal(wanted) => value == wanted,
            Self::Less(bound) => value < bound,
            Self::LessOrEqual(bound) => value <= bound,
            Self::Greater(bound) => value > bound,
            Self::GreaterOrEqual(bound) => value >= bound,
            Self::Between(low, high) => value >= low && value <= high,
            Self::BeginsWith(prefix) => value.starts_with(prefix),
        }
    }
}

impl KeyCondition {
    /// Parses the expression of a query on keys named `hash` and `sort`.
    pub(super) fn parse(arguments: &Value, hash: &str, sort: Option<&str>) -> Result<Self, ServiceError> {
        let expression = arguments["KeyConditionExpression"].as_str();
        let expression = expression.ok_or_else(|| invalid("KeyConditionExpression is missing"))?;
        let mut parser = Parser { tokens: tokens(expression), arguments, used: BTreeSet::new() };
        let (mut on_hash, mut on_sort) = (None, None);
        loop {
            let (name, condition) = parser.condition()?;
            match condition {
                SortCondition::Equal(value) if name == hash && on_hash.is_none() => on_hash = Some((name, value)),
                condition if Some(name.as_str()) == sort && on_sort.is_none() => on_sort = Some((name, condition)),
                _ => return Err(invalid(&format!("Query condition missed key schema element: {hash}"))),
            }
            match parser.next().as_deref() {
                None => break,
                Some("AND") => {}
                Some(other) => return Err(invalid(&format!("unexpected {other:?} in KeyConditionExpression"))),
            }
        }
        parser.all_used()?;
        let hash = on_hash.ok_or_else(|| invalid(&format!("Query condition missed key schema element: {hash}")))?;
        Ok(Self { hash, sort: on_sort })
    }
}

struct Parser<'a> {
    tokens: std::vec::IntoIter<String>,
    arguments: &'a Value,
    used: BTreeSet<String>,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<String> {
        self.tokens.next()
    }

    fn expect(&mut self, wanted: &str) -> Result<(), ServiceError> {
        match self.next() {
            Some(token) if token == wanted => Ok(()),
            other => Err(invalid(&format!("expected {wanted:?}, found {other:?}"))),
        }
    }

    fn condition(&mut self) -> Result<(String, SortCondition), ServiceError> {
        let first = self.next().ok_or_else(|| invalid("KeyConditionExpression ends early"))?;
        if first == "(" {
            let inner = self.condition()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if first == "begins_with" {
            self.expect("(")?;
            let name = self.name()?;
            self.expect(",")?;
            let prefix = self.value()?;
            self.expect(")")?;
            return Ok((name, SortCondition::BeginsWith(prefix)));
        }
        let name = resolve(self.arguments, &first)?;
        let operator = self.next().unwrap_or_default();
        let value = self.value()?;
        let condition = match operator.as_str() {
            "=" => SortCondition::Equal(value),
            "<" => SortCondition::Less(value),
            "<=" => SortCondition::LessOrEqual(value),
            ">" => SortCondition::Greater(value),
            ">=" => SortCondition::GreaterOrEqual(value),
            "BETWEEN" => {
                self.expect("AND")?;
                let high = self.value()?;
                if high < value {
                    return Err(invalid(
                        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound",
                    ));
                }
                SortCondition::Between(value, high)
            }
            other => return Err(invalid(&format!("operator {other:?} in KeyConditionExpression"))),
        };
        Ok((name, condition))
    }

    fn name(&mut self) -> Result<String, ServiceError> {
        let token = self.next().unwrap_or_default();
        resolve(self.arguments, &token)
    }

    fn value(&mut self) -> Result<Scalar, ServiceError> {
        let token = self.next().unwrap_or_default();
        let value = &self.arguments["ExpressionAttributeValues"][&token];
        self.used.insert(token.clone());
        Scalar::of(value).ok_or_else(|| {
            invalid(&format!("an expression attribute value used in expression is not defined: {token}"))
        })
    }

    /// DynamoDB refuses a value that nothing uses.
    fn all_used(&self) -> Result<(), ServiceError> {
        let values = self.arguments["ExpressionAttributeValues"].as_object().into_iter().flatten();
        match values.map(|(name, _)| name).find(|name| !self.used.contains(*name)) {
            Some(name) => Err(invalid(&format!(
                "Value provided in ExpressionAttributeValues unused in expressions: keys: {{{name}}}"
            ))),
            None => Ok(()),
        }
    }
}

fn tokens(expression: &str) -> std::vec::IntoIter<String> {
    let mut tokens = Vec::<String>::new();
    let mut word = String::new();
    let mut characters = expression.chars().peekable();
    while let Some(character) = characters.next() {
        if character.is_alphanumeric() || matches!(character, '#' | ':' | '_' | '-' | '.') {
            word.push(character);
            continue;
        }
        tokens.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        match character {
            '<' | '>' if characters.next_if_eq(&'=').is_some() => tokens.push(format!("{character}=")),
            white if white.is_whitespace() => {}
            other => tokens.push(other.to_string()),
        }
    }
    tokens.extend((!word.is_empty()).then_some(word));
    let keyword = |token: String| match token.to_ascii_uppercase().as_str() {
        upper @ ("AND" | "BETWEEN") => upper.to_owned(),
        _ => token,
    };
    tokens.into_iter().map(keyword).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(expression: &str) -> Result<KeyCondition, ServiceError> {
        let used = |name: &str| expression.contains(name);
        let mut values = json!({":p": {"S": "positive"}, ":a": {"S": "2026"}, ":b": {"S": "2027"}});
        values.as_object_mut().unwrap().retain(|name, _| used(name));
        let arguments = json!({
            "KeyConditionExpression": expression,
            "ExpressionAttributeNames": {"#s": "sentiment", "#u": "updated_at"},
            "ExpressionAttributeValues": values,
        });
        KeyCondition::parse(&arguments, "sentiment", Some("updated_at"))
    }

    fn s(text: &str) -> Scalar {
        Scalar::S(text.to_owned())
    }

    #[test]
    fn every_operator_in_either_order() {
        for (sort, expected) in [
            ("#u > :a", SortCondition::Greater(s("2026"))),
            ("updated_at>=:a", SortCondition::GreaterOrEqual(s("2026"))),
            ("(#u <= :a)", SortCondition::LessOrEqual(s("2026"))),
            ("#u < :a", SortCondition::Less(s("2026"))),
            ("#u = :a", SortCondition::Equal(s("2026"))),
            ("#u between :a and :b", SortCondition::Between(s("2026"), s("2027"))),
            ("begins_with(#u, :a)", SortCondition::BeginsWith(s("2026"))),
        ] {
            let sort_condition = Some(("updated_at".to_owned(), expected));
            for whole in [format!("#s = :p AND {sort}"), format!("{sort} AND sentiment = :p")] {
                assert_eq!(parse(&whole).unwrap().sort, sort_condition, "{whole}");
            }
        }
        assert_eq!(parse("#s=:p").unwrap(), KeyCondition { hash: ("sentiment".to_owned(), s("positive")), sort: None });
    }

    #[test]
    fn what_dynamodb_refuses_is_refused() {
        for wrong in
            ["", "#u > :a", "#s > :p", "#s = :p AND #x = :a", "#s = :p OR #u = :a", "#s = :p AND other = :a", "#s = :q"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let unused = json!({"KeyConditionExpression": "sentiment = :p",
            "ExpressionAttributeValues": {":p": {"S": "x"}, ":unused": {"S": "y"}}});
        let error = KeyCondition::parse(&unused, "sentiment", None).unwrap_err();
        assert!(error.message.contains(":unused"));
    }

    #[test]
    fn bounds_are_where_they_are_said_to_be() {
        let between = SortCondition::Between(s("b"), s("d"));
        let holds: Vec<_> = ["a", "b", "c", "d", "e"].iter().map(|text| between.holds(&s(text))).collect();
        assert_eq!(holds, [false, true, true, true, false]);
        assert!(!SortCondition::Greater(s("b")).holds(&s("b")) && SortCondition::GreaterOrEqual(s("b")).holds(&s("b")));
    }
}
