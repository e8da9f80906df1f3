//! Signature version 4 on a request.

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::Request;
use lambda_trace::Timestamp;
use std::time::{Duration, UNIX_EPOCH};

/// Signs a request in place. It says why it cannot: an address or a header that no signature can cover.
pub(crate) fn sign_request(
    request: &mut Request<Bytes>,
    credentials: &Credentials,
    region: &str,
    service: &str,
    now: Timestamp,
) -> Result<(), String> {
    let identity: Identity = credentials.clone().into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(UNIX_EPOCH + Duration::from_micros(now.micros()))
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let uri = request.uri().to_string();
    let headers: Vec<_> =
        (request.headers().iter()).filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    let signable = SignableRequest::new(
        request.method().as_str(),
        uri.as_str(),
        headers.into_iter(),
        SignableBody::Bytes(request.body()),
    )
    .map_err(|error| error.to_string())?;
    let (instructions, _) = sign(signable, &params).map_err(|error| error.to_string())?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_request_says_its_scope_and_carries_its_token() {
        let credentials = Credentials::new("AKID", "secret", Some("token".into()), None, "test");
        let mut request =
            Request::post("https://xray.eu-west-1.amazonaws.com/Traces").body(Bytes::from_static(b"{}")).unwrap();
        sign_request(&mut request, &credentials, "eu-west-1", "xray", Timestamp::from_millis(1_795_334_400_000))
            .unwrap();
        let authorization = request.headers()["authorization"].to_str().unwrap();
        assert!(authorization.contains("Credential=AKID/20261122/eu-west-1/xray/aws4_request"), "{authorization}");
        assert!(!authorization.contains("secret"));
        assert_eq!(request.headers()["x-amz-security-token"], "token");
    }
}
