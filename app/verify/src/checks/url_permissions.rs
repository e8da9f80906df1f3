//! Since October 2025 a caller of a Function URL needs two rights. Of a public URL the function's policy gives them.

use super::{Check, Finding, Judgement};
use crate::evidence::{AuthType, Evidence, Policy, Statement};

pub(super) const CHECK: Check = Check {
    id: "url-permissions",
    title: "the URL's callers have both rights, InvokeFunctionUrl and InvokeFunction, and nobody else has",
    judge,
};

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    let url = judgement.need(&evidence.url);
    let policy = judgement.need(&evidence.policy);
    if let (Some(url), Some(policy)) = (url, policy) {
        match url.auth {
            AuthType::None => public(&mut judgement, policy),
            AuthType::AwsIam => signed(&mut judgement, policy, evidence),
        }
    }
    judgement.finding()
}

fn allows(statement: &Statement, action: &str) -> bool {
    statement.is_public && statement.actions.iter().any(|allowed| [action, "lambda:*", "*"].contains(&allowed.as_str()))
}

fn has_url_right(policy: &Policy) -> bool {
    let is_for = |statement: &Statement| statement.function_url_auth_type.as_deref().is_none_or(|auth| auth == "NONE");
    policy.statements.iter().any(|statement| allows(statement, "lambda:InvokeFunctionUrl") && is_for(statement))
}

fn public(judgement: &mut Judgement, policy: &Policy) {
    if has_url_right(policy) {
        judgement.saw("everybody has lambda:InvokeFunctionUrl");
    } else {
        judgement.fail("the URL is public (NONE), and the policy does not allow lambda:InvokeFunctionUrl to everybody");
    }
    let invoke: Vec<_> =
        policy.statements.iter().filter(|statement| allows(statement, "lambda:InvokeFunction")).collect();
    match invoke[..] {
        [] => judgement.fail(
            "the URL is public (NONE), and the policy does not allow lambda:InvokeFunction to everybody through it",
        ),
        _ if invoke.iter().any(|statement| statement.is_via_function_url != Some(true)) => {
            judgement.fail("everybody has lambda:InvokeFunction, and not through the URL only");
        }
        _ => judgement.saw("everybody has lambda:InvokeFunction, through the URL only"),
    }
}

fn signed(judgement: &mut Judgement, policy: &Policy, evidence: &Evidence) {
    if policy.statements.iter().any(|statement| statement.is_public && !statement.actions.is_empty()) {
        judgement.fail("the URL asks for signatures (AWS_IAM), and the policy lets everybody in");
    }
    if evidence.served().next().is_some() {
        judgement.saw("the URL asks for signatures (AWS_IAM); this caller has both rights");
    } else {
        judgement.unknown("the URL asks for signatures (AWS_IAM), and no stream was served to this caller");
    }
}
