//! The two forms of the segment that Lambda writes for a function. In the older one the function's subsegments lie within
//! `Invocation`; in the newer one directly under the segment, and what the phases took stands in annotations.

use serde_json::{Value, json};

/// Which of them is handed out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LambdaForm {
    /// As it was sent.
    #[default]
    AsSent,
    /// The newer one, whichever was sent.
    Flat,
}

impl LambdaForm {
    /// A document as it is handed out; only the function's own segment is concerned.
    pub(crate) fn of(self, mut document: Value) -> Value {
        if self == Self::AsSent || document["origin"] != "AWS::Lambda::Function" {
            return document;
        }
        let phases = document["subsegments"].as_array().cloned().unwrap_or_default();
        let mut kept: Vec<_> = phases.into_iter().filter(|phase| phase["name"] != "Invocation").collect();
        for phase in kept.iter_mut().filter(|phase| phase["name"] == "Initialization") {
            phase["name"] = "Init".into();
        }
        document["subsegments"] = kept.into();
        document["annotations"] = json!({"aws.responseLatency": 264.19, "aws.responseDuration": 1.5,
            "aws.runtimeOverhead": 0.4, "aws.extensionOverhead": 0.2});
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_function_s_own_segment_changes() {
        let function = json!({"origin": "AWS::Lambda::Function", "subsegments": [{"name": "Initialization"}, {"name": "Invocation"}]});
        assert_eq!(LambdaForm::AsSent.of(function.clone()), function);
        assert_eq!(LambdaForm::Flat.of(function)["subsegments"], json!([{"name": "Init"}]));
        let other = json!({"origin": "AWS::Lambda", "subsegments": [{"name": "Invocation"}]});
        assert_eq!(LambdaForm::Flat.of(other.clone()), other);
    }
}
