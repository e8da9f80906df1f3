//! X-Ray's own OTLP endpoint, for `replay`.

use super::{aws_context, clock};
use crate::config::{Config, ConfigErrors};
use sse_adapters::xray_otlp::XrayTransport;

/// With the SDK's region, endpoint and credentials.
///
/// # Errors
/// No region, an address that is none, or certificates that cannot be read.
pub(crate) async fn to_xray(config: &Config) -> Result<XrayTransport, ConfigErrors> {
    let mut errors = ConfigErrors::default();
    let aws = aws_context::load(config, &mut errors).await;
    let transport = aws.and_then(|aws| {
        let transport = XrayTransport::new(&aws, clock());
        transport
            .map_err(|error| errors.note_by_name("AWS_ENDPOINT_URL_XRAY", format!("or another of its kind: {error}")))
            .ok()
    });
    match transport {
        Some(transport) => errors.none_or(transport),
        None => Err(errors),
    }
}
