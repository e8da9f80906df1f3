//! Signature version 4 on a request that no SDK client makes.

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::Request;
use std::{error::Error, time::SystemTime};

/// The service and the region of a signature.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) region: String,
    pub(crate) service: &'static str,
}

/// Signs a request with an absolute address in place. All headers are signed, except the few that proxies change. The
/// body is signed as it is, so it has to be compressed before.
pub(crate) fn sign_request(
    request: &mut Request<Bytes>,
    credentials: Credentials,
    scope: &Scope,
    at: SystemTime,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let identity: Identity = credentials.into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&scope.region)
        .name(scope.service)
        .time(at)
        .settings(SigningSettings::default())
        .build()?
        .into();
    let uri = request.uri().to_string();
    let headers = request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let body = SignableBody::Bytes(request.body());
    let signable = SignableRequest::new(request.method().as_str(), uri, headers, body)?;
    let (instructions, _) = sign(signable, &params)?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_trace::Timestamp;
    use std::time::{Duration, UNIX_EPOCH};

    /// The signature is botocore's (1.44.8) for the same request, credentials and time.
    #[test]
    fn a_signature_is_as_another_implementation_makes_it() {
        let mut request = Request::post("https://xray.eu-central-1.amazonaws.com/v1/traces")
            .header("content-type", "application/x-protobuf")
            .header("content-encoding", "gzip")
            .body(Bytes::from_static(b"spans"))
            .unwrap();
        let credentials = Credentials::new("AKID", "secret", Some("token".into()), None, "test");
        let scope = Scope { region: "eu-central-1".into(), service: "xray" };
        let at = Timestamp::from_millis(1_795_334_400_000);
        sign_request(&mut request, credentials, &scope, UNIX_EPOCH + Duration::from_micros(at.micros())).unwrap();
        let expected = "AWS4-HMAC-SHA256 Credential=AKID/20261122/eu-central-1/xray/aws4_request, \
                        SignedHeaders=content-encoding;content-type;host;x-amz-date;x-amz-security-token, \
                        Signature=f400d920ff70ededf498caa985dc3490fc4e7e48ac1716af7b2efa6fcf3fe872";
        assert_eq!(request.headers()["authorization"], expected);
    }
}
